import { makesUserOf } from "../../shared/access/login/admission.ts";
import { emailDomain } from "../../shared/access/login/email.ts";
import type { IdentityClaims } from "../../shared/access/login/identity-claims.ts";
import type { Region } from "../../shared/access/sessions/types.ts";
import { err, ok, type Result } from "../../shared/base/result.ts";
import { freshId } from "../platform/random.ts";
import type { Provider } from "./providers.ts";

export type UserRefusal = "unknown_user" | "user_disabled" | "other_account_linked" | "email_in_use";

export interface SignedInUser {
  readonly userId: string;
  readonly homeRegion: string;
  /** Whether live sessions hold an older picture of this user. */
  readonly changed: boolean;
}

interface Known {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly status: "active" | "disabled";
  readonly role: string | null;
  readonly homeRegion: string | null;
}

const USER = "u.id, u.email, u.name, u.status, u.role, u.home_region AS homeRegion";

/**
 * Finds or makes the user of verified claims and remembers what the provider said. A new subject is linked to
 * an existing user by verified e-mail only, and never beside another subject of the same provider: addresses
 * get a new owner some day. Nor is a further provider's word enough to become an administrator who has signed in.
 */
export async function signInUser(
  db: D1Database,
  provider: Provider,
  claims: IdentityClaims,
  region: Region,
): Promise<Result<SignedInUser, UserRefusal>> {
  const judged = await judgeUser(db, provider, claims);
  if (!judged.ok) return judged;
  const { user, changed, name, groups } = judged.value;
  const now = Date.now();
  const userId = user?.id ?? freshId("user");
  const homeRegion = user?.homeRegion ?? region;
  const writes: D1PreparedStatement[] = [];
  if (!user) {
    writes.push(
      db
        .prepare(
          "INSERT INTO users (id, email, name, home_region, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(userId, claims.email, name, homeRegion, now, now),
    );
  } else if (changed || user.homeRegion === null) {
    writes.push(updateUser(db, userId, claims.email, name, homeRegion, now));
  }
  writes.push(
    db
      .prepare(
        `INSERT INTO identities (id, user_id, provider_id, subject, groups, last_sign_in_at, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (provider_id, subject) DO UPDATE SET
         groups = excluded.groups, last_sign_in_at = excluded.last_sign_in_at,
         updated_at = CASE WHEN groups = excluded.groups THEN updated_at ELSE excluded.updated_at END`,
      )
      .bind(freshId("identity"), userId, provider.id, claims.subject, groups, now, now, now),
  );
  await db.batch(writes);
  return ok({ userId, homeRegion, changed });
}

/**
 * Takes over what a provider says now about a user who signed in before; refuses what a sign-in would refuse, and what
 * says nothing about the groups that the provider named before.
 *
 * @param whenChanged Written in the transaction that changes the user, and only then.
 * @returns Whether live sessions hold an older picture of this user.
 */
export async function recheckUser(
  db: D1Database,
  provider: Provider,
  claims: IdentityClaims,
  whenChanged: D1PreparedStatement,
): Promise<Result<{ readonly changed: boolean }, UserRefusal | "groups_unknown">> {
  const judged = await judgeUser(db, provider, claims);
  if (!judged.ok) return judged;
  const { user, linked, changed, name, groups } = judged.value;
  if (!user || linked === null) return err("unknown_user");
  if (!claims.groupsStated && linked.groups !== "[]") return err("groups_unknown");
  if (!changed) return ok({ changed });
  const now = Date.now();
  await db.batch([
    updateUser(db, user.id, claims.email, name, user.homeRegion, now),
    db
      .prepare("UPDATE identities SET groups = ?, updated_at = ? WHERE provider_id = ? AND subject = ?")
      .bind(groups, now, provider.id, claims.subject),
    whenChanged,
  ]);
  return ok({ changed });
}

interface Judged {
  readonly user: Known | null;
  /** What is known by this subject; null when the user is known by the address alone. */
  readonly linked: { readonly groups: string } | null;
  readonly changed: boolean;
  readonly name: string;
  readonly groups: string;
}

async function judgeUser(
  db: D1Database,
  provider: Provider,
  claims: IdentityClaims,
): Promise<Result<Judged, UserRefusal>> {
  const groups = JSON.stringify([...claims.groups].sort());
  const linked = await db
    .prepare(
      `SELECT ${USER}, i.groups FROM identities i JOIN users u ON u.id = i.user_id
       WHERE i.provider_id = ? AND i.subject = ?`,
    )
    .bind(provider.id, claims.subject)
    .first<Known & { groups: string }>();
  const user = linked ?? (await userByEmail(db, claims.email));
  if (!user && !makesUserOf(provider, claims.email)) return err("unknown_user");
  if (user?.status === "disabled") return err("user_disabled");
  if (user && !linked && (await isKnownOtherwise(db, provider.id, user))) return err("other_account_linked");
  if (linked && linked.email !== claims.email) {
    const allowed =
      provider.allowedDomains.length === 0 || provider.allowedDomains.includes(emailDomain(claims.email));
    if (!allowed) return err("unknown_user");
    if (await userByEmail(db, claims.email)) return err("email_in_use");
  }
  const name = claims.name === "" ? (user?.name ?? "") : claims.name;
  const changed =
    user !== null && (user.email !== claims.email || user.name !== name || linked?.groups !== groups);
  return ok({ user, linked, changed, name, groups });
}

function updateUser(
  db: D1Database,
  id: string,
  email: string,
  name: string,
  homeRegion: string | null,
  now: number,
): D1PreparedStatement {
  return db
    .prepare(
      "UPDATE users SET email = ?, name = ?, home_region = ?, updated_at = max(updated_at + 1, ?), version = version + 1 WHERE id = ?",
    )
    .bind(email, name, homeRegion, now, id);
}

async function userByEmail(db: D1Database, email: string): Promise<Known | null> {
  return db.prepare(`SELECT ${USER} FROM users u WHERE u.email = ?`).bind(email).first<Known>();
}

/** By another subject of this provider or, if an administrator, by any provider: not every one is as strict as that. */
async function isKnownOtherwise(db: D1Database, providerId: string, { id, role }: Known): Promise<boolean> {
  const row = await db
    .prepare(
      `SELECT 1 FROM identities i JOIN identity_providers p ON p.id = i.provider_id
       WHERE i.user_id = ?1 AND (p.id = ?2 OR (p.enabled = 1 AND ?3 = 1))`,
    )
    .bind(id, providerId, role === null ? 0 : 1)
    .first();
  return row !== null;
}
