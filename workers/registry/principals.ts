import type { Principal } from "../../shared/access/sessions/types.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import type { groups, identities, identityProviders, users } from "../../shared/registry/schema.ts";
import { HELD_OF_USERS, type HeldRow, heldOf } from "./grants.ts";
import { RISKS_OF_USERS, type RiskRow, signalOf } from "./risk.ts";

type UserRow = Pick<
  RowOf<typeof users>,
  "id" | "email" | "name" | "status" | "role" | "updated_at" | "version"
>;

type IdentityRow = Pick<RowOf<typeof identities>, "groups" | "updated_at"> &
  Pick<RowOf<typeof identityProviders>, "enabled"> & { readonly provider_updated_at: number };

/** The most users whose data one query returns. */
const CHUNK = 200;

/**
 * Loads what policies and sessions know about users: the registry's groups, the groups that a provider manages, and the
 * groups that the identity providers named at the last sign-in. A user who does not exist is left out.
 *
 * `version` is the newest time stamp of all these rows. A removed row has no time stamp. So code that removes a
 * membership, an identity or a group must raise `users.updated_at` of the users concerned. A changed risk does so, too, and a
 * grant that begins or is revoked. A grant that ends by itself does not: its end is known before.
 */
export async function loadPrincipals(db: D1Database, userIds: readonly string[]): Promise<Principal[]> {
  const principals: Principal[] = [];
  for (let at = 0; at < userIds.length; at += CHUNK) {
    principals.push(...(await loadChunk(db, userIds.slice(at, at + CHUNK))));
  }
  return principals;
}

/** The same for one user. Null when the user does not exist. */
export async function loadPrincipal(db: D1Database, userId: string): Promise<Principal | null> {
  return (await loadChunk(db, [userId]))[0] ?? null;
}

type Of<Row> = Row & { readonly user_id: string };
type MembershipRow = Pick<RowOf<typeof groups>, "name" | "updated_at"> & { readonly created_at: number };

async function loadChunk(db: D1Database, userIds: readonly string[]): Promise<Principal[]> {
  const ids = JSON.stringify(userIds);
  const [found, memberships, stated, risks, held] = await db.batch<Record<string, unknown>>(
    [
      `SELECT id, email, name, status, role, updated_at, version FROM users
       WHERE id IN (SELECT value FROM json_each(?))`,
      // A provider that was disabled vouches for its groups no more than for its people.
      `SELECT m.member_id AS user_id, g.name, m.created_at, g.updated_at
       FROM group_members m JOIN groups g ON g.id = m.group_id
       LEFT JOIN identity_providers p ON p.id = g.provider_id
       WHERE m.member_kind = 'user' AND m.member_id IN (SELECT value FROM json_each(?))
         AND (g.provider_id IS NULL OR p.enabled = 1)`,
      `SELECT i.user_id, i.groups, i.updated_at, p.enabled, p.updated_at AS provider_updated_at
       FROM identities i JOIN identity_providers p ON p.id = i.provider_id
       WHERE i.user_id IN (SELECT value FROM json_each(?))`,
      RISKS_OF_USERS,
      HELD_OF_USERS,
    ].map((sql) => db.prepare(sql).bind(ids)),
  );
  const of = <Row>(result: D1Result<Record<string, unknown>> | undefined) =>
    Map.groupBy((result?.results ?? []) as Of<Row>[], ({ user_id }) => user_id);
  const direct = of<MembershipRow>(memberships);
  const identities = of<IdentityRow>(stated);
  const signals = of<RiskRow>(risks);
  const grants = of<HeldRow>(held);
  return ((found?.results ?? []) as unknown as UserRow[]).map((user) =>
    principalOf(user, {
      direct: direct.get(user.id) ?? [],
      known: identities.get(user.id) ?? [],
      risks: signals.get(user.id) ?? [],
      held: grants.get(user.id) ?? [],
    }),
  );
}

/** What is known of one user besides the row. */
interface Known {
  readonly direct: readonly MembershipRow[];
  readonly known: readonly IdentityRow[];
  readonly risks: readonly RiskRow[];
  readonly held: readonly HeldRow[];
}

function principalOf(user: UserRow, { direct, known, risks, held }: Known): Principal {
  // A provider that was disabled vouches for nothing any more.
  const trusted = known.filter((identity) => identity.enabled === 1);
  const named = trusted.flatMap((identity) => JSON.parse(identity.groups) as string[]);
  return {
    userId: user.id,
    email: user.email,
    emailVerified: trusted.length > 0,
    name: user.name,
    groups: [...new Set([...direct.map((group) => group.name), ...named])].sort(),
    role: user.role,
    status: user.status,
    grants: held.map(heldOf),
    risk: risks.map(signalOf),
    version: Math.max(
      user.updated_at,
      ...direct.map((group) => Math.max(group.created_at, group.updated_at)),
      ...known.map((identity) => Math.max(identity.updated_at, identity.provider_updated_at)),
    ),
  };
}
