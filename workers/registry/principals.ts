import type { Principal } from "../../shared/sessions/types.ts";

interface UserRow {
  id: string;
  email: string;
  name: string;
  status: "active" | "disabled";
  role: "owner" | "admin" | "auditor" | null;
  updated_at: number;
  version: number;
}

/**
 * Loads what policies and sessions know about a user: registry groups, and the groups that the identity
 * providers named at the last sign-in. Null when there is no such user.
 */
export async function loadPrincipal(db: D1Database, userId: string): Promise<Principal | null> {
  const [users, memberships, identities] = await db.batch<Record<string, unknown>>([
    db
      .prepare("SELECT id, email, name, status, role, updated_at, version FROM users WHERE id = ?")
      .bind(userId),
    db
      .prepare(
        `SELECT g.name, m.created_at, g.updated_at FROM group_members m JOIN groups g ON g.id = m.group_id
         WHERE m.member_kind = 'user' AND m.member_id = ?`,
      )
      .bind(userId),
    db.prepare("SELECT groups, updated_at FROM identities WHERE user_id = ?").bind(userId),
  ]);
  const user = users?.results[0] as UserRow | undefined;
  if (!user) return null;
  const direct = (memberships?.results ?? []) as { name: string; created_at: number; updated_at: number }[];
  const known = (identities?.results ?? []) as { groups: string; updated_at: number }[];
  const named = known.flatMap((identity) => JSON.parse(identity.groups) as string[]);
  return {
    userId: user.id,
    email: user.email,
    emailVerified: known.length > 0,
    name: user.name,
    groups: [...new Set([...direct.map((group) => group.name), ...named])].sort(),
    role: user.role,
    status: user.status,
    version: Math.max(
      user.updated_at,
      ...direct.map((group) => Math.max(group.created_at, group.updated_at)),
      ...known.map((identity) => identity.updated_at),
    ),
  };
}
