import type { Principal } from "../../shared/access/sessions/types.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import type { groups, identities, identityProviders, users } from "../../shared/registry/schema.ts";
import { RISK_QUERY, type RiskRow, signalOf } from "./risk.ts";

type UserRow = Pick<
  RowOf<typeof users>,
  "id" | "email" | "name" | "status" | "role" | "updated_at" | "version"
>;

type IdentityRow = Pick<RowOf<typeof identities>, "groups" | "updated_at"> &
  Pick<RowOf<typeof identityProviders>, "enabled"> & { readonly provider_updated_at: number };

/**
 * Loads what policies and sessions know about a user: the registry's groups, and the groups that the identity providers
 * named at the last sign-in. Null when the user does not exist.
 *
 * `version` is the newest time stamp of all these rows. A removed row has no time stamp. So code that removes a
 * membership, an identity or a group must raise `users.updated_at` of the users concerned. A changed risk does so, too.
 */
export async function loadPrincipal(db: D1Database, userId: string): Promise<Principal | null> {
  const [found, memberships, stated, risks] = await db.batch<Record<string, unknown>>([
    db
      .prepare("SELECT id, email, name, status, role, updated_at, version FROM users WHERE id = ?")
      .bind(userId),
    db
      .prepare(
        `SELECT g.name, m.created_at, g.updated_at FROM group_members m JOIN groups g ON g.id = m.group_id
         WHERE m.member_kind = 'user' AND m.member_id = ?`,
      )
      .bind(userId),
    db
      .prepare(
        `SELECT i.groups, i.updated_at, p.enabled, p.updated_at AS provider_updated_at
         FROM identities i JOIN identity_providers p ON p.id = i.provider_id WHERE i.user_id = ?`,
      )
      .bind(userId),
    db.prepare(RISK_QUERY).bind(userId),
  ]);
  const user = found?.results[0] as UserRow | undefined;
  if (!user) return null;
  const direct = (memberships?.results ?? []) as Pick<
    RowOf<typeof groups>,
    "name" | "created_at" | "updated_at"
  >[];
  const known = (stated?.results ?? []) as IdentityRow[];
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
    risk: ((risks?.results ?? []) as RiskRow[]).map(signalOf),
    version: Math.max(
      user.updated_at,
      ...direct.map((group) => Math.max(group.created_at, group.updated_at)),
      ...known.map((identity) => Math.max(identity.updated_at, identity.provider_updated_at)),
    ),
  };
}
