import { and, asc, eq, gt } from "drizzle-orm";
import type { Replaced } from "../../../shared/access/lock-out.ts";
import { isId } from "../../../shared/base/ids.ts";
import { groups } from "../../../shared/registry/schema.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { noCycle, unchanged } from "../../registry/guards.ts";
import type { Call, Effects, Handlers } from "../call.ts";
import { refuseLockOut } from "../lock-outs.ts";
import { refuseLookAlike } from "../look-alikes.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { holdsWords } from "../search.ts";
import { findUser } from "./users.ts";

type Row = typeof groups.$inferSelect;

/** A group by id or name. */
export async function findGroup(d1: D1Database, reference: string): Promise<Row> {
  const key = isId("group", reference) ? eq(groups.id, reference) : eq(groups.name, reference);
  const [row] = await registryOf(d1).select().from(groups).where(key).limit(1);
  return row ?? missing(d1, "group", reference);
}

const view = ({ externalId: _, ...row }: Row) => row;

/** Refuses to change a group of which a provider says who is in it. */
function refuseManaged({ name, providerId }: Row): void {
  if (providerId === null) return;
  throwRefusal(
    "conflict",
    `The group ${name} is managed by its identity provider, by SCIM. Change it there; or make a group with this one in it, and change that.`,
  );
}

/** A managed group can be deleted only while its provider can't send it again. */
async function refuseSent(d1: D1Database, group: Row): Promise<void> {
  const sends = await d1
    .prepare("SELECT 1 FROM scim_sources WHERE provider_id = ? AND secret_hash IS NOT NULL")
    .bind(group.providerId)
    .first();
  if (sends) refuseManaged(group);
}

/** The ids of the users who are direct members of the group. */
async function usersIn(d1: D1Database, groupId: string): Promise<string[]> {
  const { results } = await d1
    .prepare("SELECT member_id AS id FROM group_members WHERE group_id = ? AND member_kind = 'user'")
    .bind(groupId)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** Raises the version of users whose groups change, because the group names are part of a user's principal. */
export const touchUsers = (d1: D1Database, ids: readonly string[], now: number): D1PreparedStatement =>
  d1
    .prepare(
      `UPDATE users SET version = version + 1, updated_at = MAX(updated_at + 1, ?)
       WHERE id IN (SELECT value FROM json_each(?))`,
    )
    .bind(now, JSON.stringify(ids));

const effects = (
  action: string,
  group: Row,
  userIds: readonly string[],
  detail: Effects["event"]["detail"] = {},
): Effects => ({
  event: { action: `group.${action}`, target: group.id, detail: { name: group.name, ...detail } },
  policies: true,
  userIds,
  ends: [],
});

/**
 * Policies learn the groups of a user together with the user. But every isolate knows which group is in which
 * group.
 */
const memberEffects = (
  action: string,
  group: Row,
  { kind, id }: { readonly kind: "user" | "group"; readonly id: string },
  kept: Effects["event"]["detail"],
): Effects => ({
  ...effects(action, group, kind === "user" ? [id] : [], { member: id, ...kept }),
  policies: kind === "group",
});

/** Refuses a change of a group's members that locks people out, unless its author insists. */
async function keptOfMembers(
  call: Pick<Call, "bindings" | "caller" | "now">,
  group: Row,
  other: string,
  after: Replaced["after"],
  despite: boolean | undefined,
): Promise<Effects["event"]["detail"]> {
  const thing = { kind: "membership", target: group.id, other, after };
  return (await refuseLockOut(call, { things: [thing] }, despite)).kept;
}

/** The member that a path names: a user by id or e-mail, a group by id or name. */
async function findMember(d1: D1Database, kind: string, reference: string) {
  if (kind === "user") return { kind, id: (await findUser(d1, reference)).id } as const;
  if (kind === "group") return { kind, id: (await findGroup(d1, reference)).id } as const;
  return notFound("kind of member");
}

export const GROUP_HANDLERS: Handlers<
  "groups.list" | "groups.create" | "groups.get" | "groups.update" | "groups.delete"
> = {
  "groups.list": async ({ bindings, query }) => ({
    body: await pageOf(
      query,
      async (after, limit) => {
        const rows = await registryOf(bindings.db)
          .select()
          .from(groups)
          .where(
            and(
              gt(groups.id, after ?? ""),
              holdsWords(query.search, groups.id, groups.name, groups.description),
            ),
          )
          .orderBy(asc(groups.id))
          .limit(limit);
        return rows.map(view);
      },
      (row) => row.id,
    ),
  }),

  "groups.create": async ({ bindings, body, now }) => {
    refuseLookAlike("group", body.name);
    const row: Row = {
      id: freshId("group"),
      name: body.name,
      description: body.description ?? "",
      providerId: null,
      externalId: null,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    return {
      statements: [prepared(bindings.db, registryOf(bindings.db).insert(groups).values(row))],
      effects: effects("create", row, []),
      body: view(row),
      version: 1,
    };
  },

  "groups.get": async ({ bindings, params }) => {
    const row = await findGroup(bindings.db, params.group);
    return { body: view(row), version: row.version };
  },

  "groups.update": async (call) => {
    const { bindings, params, body, query, ifMatch, now } = call;
    const before = await findGroup(bindings.db, params.group);
    refuseManaged(before);
    const after: Row = {
      ...before,
      name: body.name ?? before.name,
      description: body.description ?? before.description,
      version: ifMatch + 1,
      updatedAt: now,
    };
    const isRenamed = after.name !== before.name;
    if (isRenamed) refuseLookAlike("group", after.name);
    const renamed = isRenamed ? await usersIn(bindings.db, before.id) : [];
    const thing = { kind: "group", target: before.id, after: { name: after.name } };
    const { kept } = isRenamed
      ? await refuseLockOut(call, { things: [thing] }, query.despiteLockOut)
      : { kept: {} };
    return {
      statements: [
        unchanged(bindings.db, "groups", before, ifMatch),
        touchUsers(bindings.db, renamed, now),
        prepared(
          bindings.db,
          registryOf(bindings.db)
            .update(groups)
            .set(after)
            .where(and(eq(groups.id, before.id))),
        ),
      ],
      effects: effects("update", after, renamed, { fields: Object.keys(body), ...kept }),
      body: view(after),
      version: after.version,
    };
  },

  "groups.delete": async (call) => {
    const { bindings, params, query, ifMatch, now } = call;
    const row = await findGroup(bindings.db, params.group);
    await refuseSent(bindings.db, row);
    const thing = { kind: "group", target: row.id, after: null };
    const { kept } = await refuseLockOut(call, { things: [thing] }, query.despiteLockOut);
    const members = await usersIn(bindings.db, row.id);
    return {
      statements: [
        unchanged(bindings.db, "groups", row, ifMatch),
        touchUsers(bindings.db, members, now),
        bindings.db
          .prepare("DELETE FROM group_members WHERE member_kind = 'group' AND member_id = ?")
          .bind(row.id),
        bindings.db.prepare("DELETE FROM groups WHERE id = ?").bind(row.id),
      ],
      effects: effects("delete", row, members, kept),
      body: null,
    };
  },
};

export const MEMBER_HANDLERS: Handlers<"groups.members" | "groups.addMember" | "groups.removeMember"> = {
  "groups.members": async ({ bindings, params, query }) => {
    const group = await findGroup(bindings.db, params.group);
    const page = await pageOf(
      query,
      async (after, limit) => {
        const { results } = await bindings.db
          .prepare(
            `SELECT m.member_kind AS kind, m.member_id AS id, coalesce(u.email, g.name, '') AS name,
                    m.created_at AS createdAt
             FROM group_members m LEFT JOIN users u ON m.member_kind = 'user' AND u.id = m.member_id
             LEFT JOIN groups g ON m.member_kind = 'group' AND g.id = m.member_id
             WHERE m.group_id = ? AND m.member_id > ? ORDER BY m.member_id LIMIT ?`,
          )
          .bind(group.id, after ?? "", limit)
          .all<{ kind: "user" | "group"; id: string; name: string; createdAt: number }>();
        return results;
      },
      (row) => row.id,
    );
    return { body: page };
  },

  "groups.addMember": async (call) => {
    const { bindings, params, query, now } = call;
    const group = await findGroup(bindings.db, params.group);
    refuseManaged(group);
    const member = await findMember(bindings.db, params.kind, params.member);
    const joined = { memberKind: member.kind, member: member.id };
    const kept = await keptOfMembers(call, group, member.id, joined, query.despiteLockOut);
    const userIds = member.kind === "user" ? [member.id] : [];
    return {
      statements: [
        bindings.db
          .prepare(
            `INSERT INTO group_members (group_id, member_kind, member_id, created_at) VALUES (?, ?, ?, ?)
             ON CONFLICT DO NOTHING`,
          )
          .bind(group.id, member.kind, member.id, now),
        ...(member.kind === "group" ? [noCycle(bindings.db, group.id)] : []),
        touchUsers(bindings.db, userIds, now),
      ],
      effects: memberEffects("add_member", group, member, kept),
      body: null,
    };
  },

  "groups.removeMember": async (call) => {
    const { bindings, params, query, now } = call;
    const group = await findGroup(bindings.db, params.group);
    refuseManaged(group);
    const member = await findMember(bindings.db, params.kind, params.member);
    const kept = await keptOfMembers(call, group, member.id, null, query.despiteLockOut);
    const userIds = member.kind === "user" ? [member.id] : [];
    return {
      statements: [
        bindings.db
          .prepare("DELETE FROM group_members WHERE group_id = ? AND member_kind = ? AND member_id = ?")
          .bind(group.id, member.kind, member.id),
        touchUsers(bindings.db, userIds, now),
      ],
      effects: memberEffects("remove_member", group, member, kept),
      body: null,
    };
  },
};
