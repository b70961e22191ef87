import { makesUserOf } from "../../shared/access/login/admission.ts";
import { emailDomain } from "../../shared/access/login/email.ts";
import type { IdentityClaims } from "../../shared/access/login/identity-claims.ts";
import type { Region } from "../../shared/access/sessions/types.ts";
import { err, ok, type Result } from "../../shared/base/result.ts";
import { isManagedName } from "../../shared/scim/group-name.ts";
import { freshId } from "../platform/random.ts";
import type { Provider } from "./providers.ts";

export type UserRefusal =
  | "unknown_user"
  | "user_disabled"
  | "user_expired"
  | "other_account_linked"
  | "email_in_use";

export interface SignedInUser {
  readonly userId: string;
  readonly homeRegion: string;
  /** Whether live sessions still have older data about this user. */
  readonly changed: boolean;
}

interface Known {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly status: "active" | "disabled";
  readonly role: string | null;
  readonly homeRegion: string | null;
  readonly expiresAt: number | null;
}

const USER =
  "u.id, u.email, u.name, u.status, u.role, u.home_region AS homeRegion, u.expires_at AS expiresAt";

/**
 * Finds or creates the user of verified claims, and stores what the provider said. A new subject is linked to
 * an existing user only by a verified e-mail. It is never linked if the user already has another subject of
 * the same provider, because an address may later belong to another person. Another provider's statement is
 * also not enough to sign in as an administrator who has signed in before.
 */
export async function signInUser(
  db: D1Database,
  provider: Provider,
  claims: IdentityClaims,
  region: Region,
): Promise<Result<SignedInUser, UserRefusal>> {
  const now = Date.now();
  const judged = await judgeUser(db, provider, claims, now);
  if (!judged.ok) return judged;
  const { user, changed, name, groups } = judged.value;
  const userId = user?.id ?? freshId("user");
  const homeRegion = user?.homeRegion ?? region;
  const writes = byAddress(provider) ? [forgetOtherAddress(db, provider.id, claims.subject, userId)] : [];
  if (!user) {
    writes.push(
      db
        .prepare(
          "INSERT INTO users (id, email, name, home_region, expires_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(userId, claims.email, name, homeRegion, endOf(provider, now), now, now),
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
 * Stores what a provider now says about a user who signed in before. Refuses what a sign-in would refuse.
 * Also refuses claims without groups if the provider named groups before.
 *
 * @param whenChanged Statements that run in the transaction that changes the user, and only then.
 * @returns Whether live sessions still have older data about this user.
 */
export async function recheckUser(
  db: D1Database,
  provider: Provider,
  claims: IdentityClaims,
  whenChanged: D1PreparedStatement,
): Promise<Result<{ readonly changed: boolean }, UserRefusal | "groups_unknown">> {
  const judged = await judgeUser(db, provider, claims, Date.now());
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
  /** The stored data about this subject. Null if the user is known only by the address. */
  readonly linked: { readonly groups: string } | null;
  readonly changed: boolean;
  readonly name: string;
  readonly groups: string;
}

/** Whether these claims sign a person in, and which person. Changes nothing. */
export async function judgeUser(
  db: D1Database,
  provider: Provider,
  claims: IdentityClaims,
  now: number,
): Promise<Result<Judged, UserRefusal>> {
  // Only by SCIM does a provider say who is in the groups that it manages.
  const groups = JSON.stringify(claims.groups.filter((name) => !isManagedName(name)).sort());
  const known = await db
    .prepare(
      `SELECT ${USER}, i.groups FROM identities i JOIN users u ON u.id = i.user_id
       WHERE i.provider_id = ? AND i.subject = ?`,
    )
    .bind(provider.id, claims.subject)
    .first<Known & { groups: string }>();
  // A mailbox proves who has it now. It doesn't prove that the same person had it before its user got another
  // address.
  const linked = byAddress(provider) && known?.email !== claims.email ? null : known;
  const user = linked ?? (await userByEmail(db, claims.email));
  if (!user && !makesUserOf(provider, claims.email)) return err("unknown_user");
  if (user?.status === "disabled") return err("user_disabled");
  if (user && user.expiresAt !== null && user.expiresAt <= now) return err("user_expired");
  if (user && (!linked || byAddress(provider)) && (await isKnownOtherwise(db, provider, user)))
    return err("other_account_linked");
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

/** Whether the provider knows people only by their address. */
const byAddress = ({ kind }: Provider): boolean => kind === "email";

/** When the access of a user whom this provider creates ends. */
const endOf = ({ guestDays }: Provider, now: number): number | null =>
  guestDays === null ? null : now + guestDays * 86_400_000;

/**
 * Removes the link from the address to a user who now has another address, and the link from the user to an
 * earlier address.
 */
const forgetOtherAddress = (db: D1Database, providerId: string, email: string, userId: string) =>
  db
    .prepare(
      `DELETE FROM identities WHERE provider_id = ?1 AND (subject = ?2 OR user_id = ?3)
       AND NOT (subject = ?2 AND user_id = ?3)`,
    )
    .bind(providerId, email, userId);

/**
 * Whether the user is known by another subject of this provider. For an administrator, another subject of any
 * provider counts, because not every provider checks addresses strictly. A mailbox is the weakest proof. So
 * it signs in nobody who ever signed in with a stronger proof, and no administrator who could do so.
 */
async function isKnownOtherwise(db: D1Database, provider: Provider, { id, role }: Known): Promise<boolean> {
  const [isMailbox, isAdmin] = [byAddress(provider), role !== null];
  const row = await db
    .prepare(
      `SELECT 1 FROM identities i JOIN identity_providers p ON p.id = i.provider_id
       WHERE i.user_id = ?1 AND CASE WHEN p.id = ?2 THEN ?3 ELSE p.enabled AND ?4 END
       UNION ALL SELECT 1 FROM identity_providers WHERE ?5 AND enabled AND kind <> 'email' LIMIT 1`,
    )
    .bind(id, provider.id, isMailbox ? 0 : 1, isMailbox || isAdmin ? 1 : 0, isMailbox && isAdmin ? 1 : 0)
    .first();
  return row !== null;
}
