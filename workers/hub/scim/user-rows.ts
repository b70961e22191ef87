import type { AliasedRowOf } from "../../../shared/registry/rows.ts";
import type { users } from "../../../shared/registry/schema.ts";
import type { scimUsers } from "../../../shared/registry/scim-schema.ts";
import { ENTERPRISE_SCHEMA, type Resource, USER, USER_SCHEMA } from "../../../shared/scim/attributes.ts";
import type { Known } from "../../../shared/scim/person.ts";
import { baseOf, etagOf, type ScimCall } from "./call.ts";

/** A person of a provider, with the user that the person is here. */
export type UserRow = Pick<
  AliasedRowOf<typeof scimUsers>,
  "userId" | "document" | "made" | "held" | "version" | "createdAt" | "updatedAt"
> &
  Pick<AliasedRowOf<typeof users>, "email" | "name" | "status" | "role"> & { readonly userVersion: number };

export const SELECT_USER = `SELECT s.user_id AS userId, s.document, s.made, s.held, s.version, s.created_at AS createdAt,
  s.updated_at AS updatedAt, u.email, u.name, u.status, u.role, u.version AS userVersion
  FROM scim_users s JOIN users u ON u.id = s.user_id WHERE s.provider_id = ?1`;

export function findPerson({ bindings, source }: ScimCall, userId: string): Promise<UserRow | null> {
  return bindings.db
    .prepare(`${SELECT_USER} AND s.user_id = ?2`)
    .bind(source.providerId, userId)
    .first<UserRow>();
}

/** The person's resource as the provider sent it. */
export const documentOf = ({ document }: Pick<UserRow, "document">): Resource =>
  JSON.parse(document) as Resource;

export interface GroupOfPerson {
  readonly value: string;
  readonly display: string;
}

/** For each person, the provider's groups with the person. */
export async function groupsOfPeople(
  { bindings, source }: ScimCall,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, readonly GroupOfPerson[]>> {
  const { results } = await bindings.db
    .prepare(
      `SELECT m.member_id AS userId, g.id AS value, substr(g.name, ?3) AS display
       FROM group_members m JOIN groups g ON g.id = m.group_id
       WHERE m.member_kind = 'user' AND g.provider_id = ?1 AND m.member_id IN (SELECT value FROM json_each(?2))
       ORDER BY g.name`,
    )
    .bind(source.providerId, JSON.stringify(userIds), `scim:${source.namespace}/`.length + 1)
    .all<GroupOfPerson & { userId: string }>();
  return Map.groupBy(results, ({ userId }) => userId);
}

/** The whole resource of a person. */
export function userResource(call: ScimCall, row: UserRow, groups: readonly GroupOfPerson[]): Resource {
  const document = documentOf(row);
  const base = baseOf(call);
  return {
    schemas: [USER_SCHEMA, ...(document[ENTERPRISE_SCHEMA] === undefined ? [] : [ENTERPRISE_SCHEMA])],
    id: row.userId,
    active: true,
    ...document,
    ...(groups.length === 0
      ? {}
      : {
          groups: groups.map(({ value, display }) => ({ value, $ref: `${base}/Groups/${value}`, display })),
        }),
    meta: {
      resourceType: USER.name,
      created: new Date(row.createdAt).toISOString(),
      lastModified: new Date(row.updatedAt).toISOString(),
      location: `${base}${USER.endpoint}/${row.userId}`,
      version: etagOf(row.version),
    },
  };
}

/** A user who has an address already, and how other providers stand to them. */
export type KnownUser = Known & {
  readonly id: string;
  readonly name: string;
  readonly status: "active" | "disabled";
  readonly version: number;
  /** Whether the provider has sent this user already. */
  readonly sentHere: boolean;
};

const KNOWN = `SELECT u.id, u.name, u.status, u.role, u.version,
  EXISTS (SELECT 1 FROM scim_users WHERE user_id = u.id AND provider_id = ?1) AS sentHere,
  EXISTS (SELECT 1 FROM identities WHERE user_id = u.id AND provider_id = ?1) AS signedInHere,
  EXISTS (SELECT 1 FROM identities WHERE user_id = u.id AND provider_id <> ?1
    UNION ALL SELECT 1 FROM scim_users WHERE user_id = u.id AND provider_id <> ?1) AS knownElsewhere
  FROM users u WHERE`;

type Flags = "sentHere" | "signedInHere" | "knownElsewhere";

export async function knownUser(
  { bindings, source }: ScimCall,
  by: "email" | "id",
  value: string,
): Promise<KnownUser | null> {
  const row = await bindings.db
    .prepare(`${KNOWN} u.${by} = ?2`)
    .bind(source.providerId, value)
    .first<Omit<KnownUser, Flags> & Record<Flags, number>>();
  return (
    row && {
      ...row,
      sentHere: row.sentHere === 1,
      signedInHere: row.signedInHere === 1,
      knownElsewhere: row.knownElsewhere === 1,
    }
  );
}

/** Whether another person of the provider has the name already. */
export async function hasUserName(
  { bindings, source }: ScimCall,
  userName: string,
  except: string,
): Promise<boolean> {
  const row = await bindings.db
    .prepare("SELECT 1 FROM scim_users WHERE provider_id = ? AND user_name = ? AND user_id <> ?")
    .bind(source.providerId, userName.toLowerCase(), except)
    .first();
  return row !== null;
}
