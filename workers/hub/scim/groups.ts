import { GROUP, type Resource } from "../../../shared/scim/attributes.ts";
import { managedName } from "../../../shared/scim/group-name.ts";
import { applyPatch, readOperations } from "../../../shared/scim/patch.ts";
import { project, shows } from "../../../shared/scim/projection.ts";
import { readResource, requireAll } from "../../../shared/scim/values.ts";
import { freshId } from "../../platform/random.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Effects } from "../call.ts";
import { touchUsers } from "../handlers/groups.ts";
import { notFound } from "../refused.ts";
import { changing, checkIfMatch, etagOf, isKnown, readBody, type ScimCall, save } from "./call.ts";
import {
  documentOfGroup,
  findManaged,
  type GroupRow,
  groupResource,
  memberIds,
  membersOf,
} from "./group-rows.ts";
import { projectionOf } from "./listing.ts";
import { need, scimResponse, throwFault } from "./refused.ts";

/** `POST /Groups` */
export async function createGroup(call: ScimCall): Promise<Response> {
  const { bindings, source, now } = call;
  const resource = need(requireAll(GROUP, need(readResource(GROUP, await readBody(call)))));
  const [name, members] = [nameOf(call, resource), await memberIds(call, resource)];
  await refuseTakenName(call, name, "");
  const id = freshId("group");
  const row: GroupRow = {
    ...{ id, name },
    externalId: externalIdOf(resource),
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  await save(call, {
    statements: [
      bindings.db
        .prepare(
          "INSERT INTO groups (id, name, provider_id, external_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(id, name, source.providerId, row.externalId, now, now),
      ...join(call, id, [...members]),
    ],
    effects: effectsOf("create", row, true, [...members]),
  });
  return answerGroup(call, id, 201);
}

/** `GET /Groups/{id}` */
export async function getGroup(call: ScimCall, id: string): Promise<Response> {
  const row = (await findManaged(call, id)) ?? notFound("group");
  if (isKnown(call, row.version)) return scimResponse(304, null, { ETag: etagOf(row.version) });
  return answerGroup(call, id, 200);
}

/** `PUT /Groups/{id}` */
export async function replaceGroup(call: ScimCall, id: string): Promise<Response> {
  const given = need(requireAll(GROUP, need(readResource(GROUP, await readBody(call)))));
  await change(call, id, () => given);
  return answerGroup(call, id, 200);
}

/** `PATCH /Groups/{id}`. The answer is empty unless the client asks for attributes: a group may have many members. */
export async function patchGroup(call: ScimCall, id: string): Promise<Response> {
  const operations = need(readOperations(await readBody(call)));
  await change(call, id, (before) => need(applyPatch(GROUP, before, operations)));
  return call.url.searchParams.has("attributes") ? answerGroup(call, id, 200) : scimResponse(204, null);
}

const change = (call: ScimCall, id: string, next: (before: Resource) => Resource): Promise<void> =>
  changing(call, async () => {
    const row = (await findManaged(call, id)) ?? notFound("group");
    checkIfMatch(call, row.version);
    const members = (await membersOf(call, [id])).get(id) ?? [];
    const after = next(documentOfGroup(call, row, members));
    await updateGroup(call, row, new Set(members.map(({ value }) => value)), after);
  });

async function updateGroup(
  call: ScimCall,
  row: GroupRow,
  before: ReadonlySet<string>,
  resource: Resource,
): Promise<void> {
  const { bindings, now } = call;
  const [name, externalId, after] = [
    nameOf(call, resource),
    externalIdOf(resource),
    await memberIds(call, resource),
  ];
  const joined = [...after].filter((id) => !before.has(id));
  const left = [...before].filter((id) => !after.has(id));
  const isRenamed = name !== row.name;
  if (!isRenamed && externalId === row.externalId && joined.length + left.length === 0) return;
  if (isRenamed) await refuseTakenName(call, name, row.id);
  const concerned = isRenamed ? [...new Set([...before, ...after])] : [...joined, ...left];
  await save(call, {
    statements: [
      unchanged(bindings.db, "groups", row, row.version),
      bindings.db
        .prepare(
          "UPDATE groups SET name = ?, external_id = ?, version = version + 1, updated_at = max(updated_at + 1, ?) WHERE id = ?",
        )
        .bind(name, externalId, now, row.id),
      bindings.db
        .prepare(
          `DELETE FROM group_members WHERE group_id = ? AND member_kind = 'user'
           AND member_id IN (SELECT value FROM json_each(?))`,
        )
        .bind(row.id, JSON.stringify(left)),
      ...join(call, row.id, joined),
      touchUsers(bindings.db, concerned, now),
    ],
    effects: effectsOf("update", { ...row, name }, isRenamed, concerned, {
      ...(isRenamed ? { before: row.name } : {}),
      joined: joined.length,
      left: left.length,
    }),
  });
}

/** `DELETE /Groups/{id}` */
export async function deleteGroup(call: ScimCall, id: string): Promise<Response> {
  await changing(call, async () => {
    const { db } = call.bindings;
    const row = (await findManaged(call, id)) ?? notFound("group");
    checkIfMatch(call, row.version);
    const members = ((await membersOf(call, [id])).get(id) ?? []).map(({ value }) => value);
    await save(call, {
      statements: [
        unchanged(db, "groups", row, row.version),
        touchUsers(db, members, call.now),
        db.prepare("DELETE FROM group_members WHERE member_kind = 'group' AND member_id = ?").bind(id),
        db.prepare("DELETE FROM groups WHERE id = ?").bind(id),
      ],
      effects: effectsOf("delete", row, true, members),
    });
  });
  return scimResponse(204, null);
}

const nameOf = ({ source }: ScimCall, { displayName }: Resource): string =>
  need(managedName(source.namespace, String(displayName)));

const externalIdOf = ({ externalId }: Resource): string | null =>
  typeof externalId === "string" ? externalId : null;

/** However many join, it is one statement. */
const join = ({ bindings, now }: ScimCall, groupId: string, ids: readonly string[]): D1PreparedStatement[] =>
  ids.length === 0
    ? []
    : [
        bindings.db
          .prepare(
            `INSERT INTO group_members (group_id, member_kind, member_id, created_at)
             SELECT ?1, 'user', value, ?2 FROM json_each(?3) WHERE true ON CONFLICT DO NOTHING`,
          )
          .bind(groupId, now, JSON.stringify(ids)),
        touchUsers(bindings.db, ids, now),
      ];

async function refuseTakenName({ bindings }: ScimCall, name: string, except: string): Promise<void> {
  const row = await bindings.db
    .prepare("SELECT 1 FROM groups WHERE name = ? AND id <> ?")
    .bind(name, except)
    .first();
  if (row)
    throwFault("uniqueness", `There is a group ${JSON.stringify(name)} already. Nothing was changed in it.`);
}

/** @param isNamed Whether the group's name is new or gone. Every isolate knows the names. */
const effectsOf = (
  action: "create" | "update" | "delete",
  { id, name }: GroupRow,
  isNamed: boolean,
  userIds: readonly string[],
  detail: Effects["event"]["detail"] = {},
): Effects => ({
  event: { action: `group.${action}`, target: id, detail: { name, ...detail } },
  policies: isNamed,
  userIds,
  ends: [],
});

async function answerGroup(call: ScimCall, id: string, status: 200 | 201): Promise<Response> {
  const row = (await findManaged(call, id)) ?? notFound("group");
  const projection = projectionOf(GROUP, call.url);
  const members = shows(GROUP, projection, "members") ? ((await membersOf(call, [id])).get(id) ?? []) : [];
  const resource = groupResource(call, row, members);
  return scimResponse(status, project(GROUP, resource, projection), {
    ETag: etagOf(row.version),
    Location: (resource.meta as { location: string }).location,
  });
}
