import type { AliasedRowOf } from "../../../shared/registry/rows.ts";
import type { groups } from "../../../shared/registry/schema.ts";
import { GROUP, GROUP_SCHEMA, type Resource } from "../../../shared/scim/attributes.ts";
import { MANAGED } from "../../../shared/scim/group-name.ts";
import { MAX_MEMBERS } from "../../../shared/scim/values.ts";
import { baseOf, etagOf, type ScimCall } from "./call.ts";
import { throwFault } from "./refused.ts";
import { noteRefusal } from "./source.ts";

/** A group that a provider manages. */
export type GroupRow = Pick<
  AliasedRowOf<typeof groups>,
  "id" | "name" | "externalId" | "version" | "createdAt" | "updatedAt"
>;

export const SELECT_GROUP = `SELECT g.id, g.name, g.external_id AS externalId, g.version, g.created_at AS createdAt,
  g.updated_at AS updatedAt FROM groups g WHERE g.provider_id = ?1`;

export function findManaged({ bindings, source }: ScimCall, id: string): Promise<GroupRow | null> {
  return bindings.db.prepare(`${SELECT_GROUP} AND g.id = ?2`).bind(source.providerId, id).first<GroupRow>();
}

/** What the provider calls the group. */
export const displayNameOf = ({ source }: ScimCall, { name }: Pick<GroupRow, "name">): string =>
  name.slice(`${MANAGED}${source.namespace}/`.length);

interface Member {
  readonly groupId: string;
  readonly value: string;
  readonly display: string;
}

/** The most members that one answer shows. */
const MAX_SHOWN = 5 * MAX_MEMBERS;

/** For each group, the people in it. */
export async function membersOf(
  { bindings, source }: ScimCall,
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Member[]>> {
  const { results } = await bindings.db
    .prepare(
      `SELECT m.group_id AS groupId, m.member_id AS value, u.email AS display
       FROM group_members m JOIN groups g ON g.id = m.group_id JOIN users u ON u.id = m.member_id
       WHERE g.provider_id = ?1 AND m.member_kind = 'user' AND m.group_id IN (SELECT value FROM json_each(?2))
       ORDER BY m.member_id LIMIT ${MAX_SHOWN + 1}`,
    )
    .bind(source.providerId, JSON.stringify(groupIds))
    .all<Member>();
  if (results.length > MAX_SHOWN) {
    throwFault(
      "tooMany",
      `These groups have more than ${MAX_SHOWN} members. Send excludedAttributes=members.`,
    );
  }
  return Map.groupBy(results, ({ groupId }) => groupId);
}

/** What the provider may change of a group, with its members by their ids. */
export const documentOfGroup = (
  call: ScimCall,
  row: GroupRow,
  members: readonly Pick<Member, "value">[],
): Resource => ({
  displayName: displayNameOf(call, row),
  ...(row.externalId === null ? {} : { externalId: row.externalId }),
  ...(members.length === 0 ? {} : { members: members.map(({ value }) => ({ value, type: "User" })) }),
});

/** The whole resource of a group. */
export function groupResource(call: ScimCall, row: GroupRow, members: readonly Member[]): Resource {
  const base = baseOf(call);
  return {
    schemas: [GROUP_SCHEMA],
    id: row.id,
    ...documentOfGroup(call, row, []),
    ...(members.length === 0
      ? {}
      : {
          members: members.map(({ value, display }) => ({
            ...{ value, $ref: `${base}/Users/${value}`, display, type: "User" },
          })),
        }),
    meta: {
      resourceType: GROUP.name,
      created: new Date(row.createdAt).toISOString(),
      lastModified: new Date(row.updatedAt).toISOString(),
      location: `${base}${GROUP.endpoint}/${row.id}`,
      version: etagOf(row.version),
    },
  };
}

/**
 * The ids of a group's members in a resource. A member that is no person of the provider is left out, and the
 * administrator reads of it: if one unknown member made the whole call fail, those who must leave would stay.
 */
export async function memberIds(
  { bindings, source, now }: ScimCall,
  resource: Resource,
): Promise<ReadonlySet<string>> {
  const members = (resource.members ?? []) as readonly { value: string }[];
  const ids = new Set(members.map(({ value }) => value));
  const { results } = await bindings.db
    .prepare(
      `SELECT value FROM json_each(?2)
       WHERE value IN (SELECT user_id FROM scim_users WHERE provider_id = ?1)`,
    )
    .bind(source.providerId, JSON.stringify([...ids]))
    .all<{ value: string }>();
  const left = ids.size - results.length;
  if (left > 0) {
    const words = `${left} members of ${JSON.stringify(resource.displayName)} were left out: they are no people that this provider sent.`;
    await noteRefusal(bindings.db, source, words, now);
  }
  return new Set(results.map(({ value }) => value));
}
