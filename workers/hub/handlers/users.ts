import { and, asc, eq, gt, sql } from "drizzle-orm";
import { normalEmail } from "../../../shared/access/login/email.ts";
import { isId } from "../../../shared/base/ids.ts";
import { users } from "../../../shared/registry/schema.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { ownerIsLeft, unchanged } from "../../registry/guards.ts";
import type { Call, Effects, Handlers } from "../call.ts";
import { refuseLockOut } from "../lock-outs.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { holdsWords } from "../search.ts";

type Row = typeof users.$inferSelect;

const view = (row: Row, groups: readonly string[]) => {
  const { homeRegion: _, ...shown } = row;
  return { ...shown, groups: [...groups] };
};

/** A user by id or e-mail. */
export async function findUser(d1: D1Database, reference: string): Promise<Row> {
  const key = isId("user", reference)
    ? eq(users.id, reference)
    : eq(users.email, normalEmail(reference) ?? (await missing(d1, "user", reference)));
  const [row] = await registryOf(d1).select().from(users).where(key).limit(1);
  return row ?? missing(d1, "user", reference);
}

/** For each user, the names of the groups with the user as a direct member. */
async function groupsOf(d1: D1Database, ids: readonly string[]): Promise<Map<string, string[]>> {
  const { results } = await d1
    .prepare(
      `SELECT m.member_id AS id, g.name FROM group_members m JOIN groups g ON g.id = m.group_id
       WHERE m.member_kind = 'user' AND m.member_id IN (SELECT value FROM json_each(?)) ORDER BY g.name`,
    )
    .bind(JSON.stringify(ids))
    .all<{ id: string; name: string }>();
  const groups = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { id, name } of results) groups.get(id)?.push(name);
  return groups;
}

const viewOne = async (d1: D1Database, row: Row) =>
  view(row, (await groupsOf(d1, [row.id])).get(row.id) ?? []);

async function groupNamed(d1: D1Database, reference: string): Promise<{ readonly id: string }> {
  const row = await d1
    .prepare("SELECT id FROM groups WHERE id = ?1 OR name = ?1")
    .bind(reference)
    .first<{ id: string }>();
  return row ?? missing(d1, "group", reference);
}

/**
 * Only owners may change roles. Only owners may change other people who have a role, because somebody who can
 * change an administrator's address could sign in as that administrator.
 */
function mayTouch(caller: Call["caller"], before: Pick<Row, "id" | "role"> | null, after: Row["role"]): void {
  if (caller.role === "owner") return;
  const role = before?.role ?? null;
  const isSelf = before !== null && before.id === caller.user?.id;
  if (role === after && (role === null || isSelf)) return;
  throwRefusal("forbidden", "Only an owner may give or take roles, or change another person who has one.");
}

/**
 * Refuses an end of access in the past for an active user. Refuses any end of access for an owner, because
 * nobody else could extend it.
 */
export function refuseEnd(
  { status, role, expiresAt }: Pick<Row, "status" | "role" | "expiresAt">,
  now: number,
): void {
  if (expiresAt === null || status === "disabled") return;
  if (role === "owner") throwRefusal("invalid_input", "An owner's access has no end: leave out expiresAt.");
  if (expiresAt <= now) throwRefusal("invalid_input", "expiresAt has passed: choose a later time, or none.");
}

const isOwner = (row: Row | null): boolean => row?.role === "owner" && row.status === "active";

/** Runs after the change: if a user stopped being an owner, the user must not have been the last owner. */
const keepAnOwner = (d1: D1Database, before: Row, after: Row | null): D1PreparedStatement[] =>
  isOwner(before) && !isOwner(after) ? [ownerIsLeft(d1)] : [];

/** Policies know a person by the address, and administrators have a role. */
const takesAccess = (before: Row, after: Row): boolean =>
  (["email", "status", "role", "expiresAt"] as const).some((field) => before[field] !== after[field]);

const effects = (action: string, row: Row, detail: Effects["event"]["detail"], ending: boolean): Effects => ({
  event: { action: `user.${action}`, target: row.id, detail },
  policies: false,
  userIds: [row.id],
  ends: ending ? [{ filter: { by: "user", id: row.id }, reason: "user_disabled" }] : [],
});

export const USER_HANDLERS: Handlers<
  "users.list" | "users.create" | "users.get" | "users.update" | "users.delete"
> = {
  "users.list": async ({ bindings, query }) => {
    const memberOf = query.group === undefined ? undefined : await groupNamed(bindings.db, query.group);
    const page = await pageOf(
      query,
      (after, limit) =>
        registryOf(bindings.db)
          .select()
          .from(users)
          .where(
            and(
              gt(users.id, after ?? ""),
              query.status ? eq(users.status, query.status) : undefined,
              query.role ? eq(users.role, query.role) : undefined,
              memberOf &&
                sql`${users.id} IN (SELECT member_id FROM group_members WHERE group_id = ${memberOf.id})`,
              holdsWords(query.search, users.id, users.email, users.name),
            ),
          )
          .orderBy(asc(users.id))
          .limit(limit),
      (row) => row.id,
    );
    const groups = await groupsOf(
      bindings.db,
      page.items.map((row) => row.id),
    );
    return { body: { ...page, items: page.items.map((row) => view(row, groups.get(row.id) ?? [])) } };
  },

  "users.create": async ({ bindings, body, caller, now }) => {
    mayTouch(caller, null, body.role ?? null);
    const row: Row = {
      id: freshId("user"),
      email: body.email,
      name: body.name ?? "",
      status: body.status ?? "active",
      role: body.role ?? null,
      expiresAt: body.expiresAt ?? null,
      homeRegion: null,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    refuseEnd(row, now);
    return {
      statements: [prepared(bindings.db, registryOf(bindings.db).insert(users).values(row))],
      effects: effects("create", row, { email: row.email, role: row.role }, false),
      body: view(row, []),
      version: 1,
    };
  },

  "users.get": async ({ bindings, params }) => {
    const row = await findUser(bindings.db, params.user);
    return { body: await viewOne(bindings.db, row), version: row.version };
  },

  "users.update": async (call) => {
    const { bindings, params, body, query, caller, ifMatch, now } = call;
    const before = await findUser(bindings.db, params.user);
    const after: Row = {
      ...before,
      email: body.email ?? before.email,
      name: body.name ?? before.name,
      status: body.status ?? before.status,
      role: body.role === undefined ? before.role : body.role,
      expiresAt: body.expiresAt === undefined ? before.expiresAt : body.expiresAt,
      version: ifMatch + 1,
      // Principals are ordered by this time, so it must increase even within one millisecond.
      updatedAt: Math.max(now, before.updatedAt + 1),
    };
    mayTouch(caller, before, after.role);
    refuseEnd(after, now);
    const { homeRegion: _, ...changes } = after;
    const thing = { kind: "user", target: before.id, after: { ...changes } };
    const { kept } = takesAccess(before, after)
      ? await refuseLockOut(call, { things: [thing] }, query.despiteLockOut)
      : { kept: {} };
    return {
      statements: [
        unchanged(bindings.db, "users", before, ifMatch),
        prepared(
          bindings.db,
          registryOf(bindings.db).update(users).set(changes).where(eq(users.id, before.id)),
        ),
        ...keepAnOwner(bindings.db, before, after),
      ],
      effects: effects("update", after, { fields: Object.keys(body), ...kept }, after.status === "disabled"),
      body: await viewOne(bindings.db, after),
      version: after.version,
    };
  },

  "users.delete": async (call) => {
    const { bindings, params, query, caller, ifMatch } = call;
    const row = await findUser(bindings.db, params.user);
    mayTouch(caller, row, null);
    const thing = { kind: "user", target: row.id, after: null };
    const { kept } = await refuseLockOut(call, { things: [thing] }, query.despiteLockOut);
    return {
      statements: [
        unchanged(bindings.db, "users", row, ifMatch),
        bindings.db
          .prepare("DELETE FROM group_members WHERE member_kind = 'user' AND member_id = ?")
          .bind(row.id),
        bindings.db.prepare("DELETE FROM users WHERE id = ?").bind(row.id),
        ...keepAnOwner(bindings.db, row, null),
      ],
      effects: effects("delete", row, { email: row.email, ...kept }, true),
      body: null,
    };
  },
};
