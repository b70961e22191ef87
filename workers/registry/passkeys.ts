import { type FirstPasskeyRule, isFirstTaken } from "../../shared/access/login/passkey/first.ts";
import type { Passkey } from "../../shared/access/login/passkey/rules.ts";
import type { passkeys } from "../../shared/registry/passkey-schema.ts";
import type { AliasedRowOf } from "../../shared/registry/rows.ts";

export async function passkeysOf(db: D1Database, userId: string): Promise<Passkey[]> {
  const { results } = await db
    .prepare(
      `SELECT id, name, credential_id AS credentialId, public_key AS publicKey, is_device_bound AS isDeviceBound,
       transports, created_at AS createdAt, last_used_at AS lastUsedAt, cloned_at AS clonedAt
       FROM passkeys WHERE user_id = ? ORDER BY created_at`,
    )
    .bind(userId)
    .all<AliasedRowOf<typeof passkeys>>();
  return results.map((row) => ({
    ...row,
    isDeviceBound: row.isDeviceBound === 1,
    transports: JSON.parse(row.transports) as string[],
  }));
}

/** Those that may be used. */
export const workingOf = (keys: readonly Passkey[]): Passkey[] =>
  keys.filter(({ clonedAt }) => clonedAt === null);

/** Whether a first passkey of this person is taken now: anybody's, or by their invitation alone. */
export type First = "taken" | "by_invitation" | "refused";

export async function firstPasskeyOf(
  db: D1Database,
  userId: string,
  address: string,
  now: number,
): Promise<First> {
  const row = await db
    .prepare(
      `SELECT first_passkey AS "from", first_passkey_networks AS networks,
         EXISTS (SELECT 1 FROM passkey_invitations WHERE user_id = ? AND expires_at > ?) AS invited FROM networks`,
    )
    .bind(userId, now)
    .first<{ from: FirstPasskeyRule["from"]; networks: string; invited: number }>();
  if (row === null) return "refused";
  const rule = { from: row.from, networks: JSON.parse(row.networks) as string[] };
  if (isFirstTaken(rule, address)) return "taken";
  return row.invited === 1 ? "by_invitation" : "refused";
}

/**
 * Adds a key. A first one uses up the person's invitation, in the same transaction.
 *
 * @param first How a first key is taken. Null if the person has shown one of theirs.
 * @returns False if the person has `most` already, if the authenticator's key is known, or if a first key is not the first
 *   any more or its invitation is over.
 */
export async function insertPasskey(
  db: D1Database,
  userId: string,
  key: Omit<Passkey, "lastUsedAt" | "clonedAt"> & { readonly counter: number },
  most: number,
  first: First | null,
): Promise<boolean> {
  const insert = db
    .prepare(
      `INSERT INTO passkeys (id, user_id, name, credential_id, public_key, counter, is_device_bound, transports, created_at)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
       WHERE (SELECT count(*) FROM passkeys WHERE user_id = ?2) < ?10
         AND NOT EXISTS (SELECT 1 FROM passkeys WHERE credential_id = ?4)
         AND (?11 IS NULL OR NOT EXISTS (SELECT 1 FROM passkeys WHERE user_id = ?2 AND cloned_at IS NULL))
         AND (?11 IS NOT 'by_invitation' OR EXISTS (
           SELECT 1 FROM passkey_invitations WHERE user_id = ?2 AND expires_at > ?9))`,
    )
    .bind(
      ...[key.id, userId, key.name, key.credentialId, key.publicKey, key.counter],
      ...[key.isDeviceBound ? 1 : 0, JSON.stringify(key.transports), key.createdAt, most, first],
    );
  const used = db
    .prepare(
      "DELETE FROM passkey_invitations WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM passkeys WHERE id = ?2)",
    )
    .bind(userId, key.id);
  const [inserted] = await db.batch([insert, used]);
  return (inserted?.meta.changes ?? 0) > 0;
}

/**
 * Notes a use. The count of signatures must rise, unless the authenticator keeps none (WebAuthn §6.1.1). Otherwise
 * there may be a copy of the key: it is refused from now on.
 */
export async function noteUse(
  db: D1Database,
  id: string,
  counter: number,
  now: number,
): Promise<"used" | "cloned" | "gone"> {
  const used = await db
    .prepare(
      `UPDATE passkeys SET counter = ?2, last_used_at = ?3
       WHERE id = ?1 AND cloned_at IS NULL AND (?2 > counter OR (?2 = 0 AND counter = 0))`,
    )
    .bind(id, counter, now)
    .run();
  if (used.meta.changes > 0) return "used";
  const cloned = await db
    .prepare("UPDATE passkeys SET cloned_at = coalesce(cloned_at, ?2) WHERE id = ?1")
    .bind(id, now)
    .run();
  return cloned.meta.changes > 0 ? "cloned" : "gone";
}

export async function deletePasskey(db: D1Database, userId: string, id: string): Promise<string | null> {
  const row = await db
    .prepare("DELETE FROM passkeys WHERE id = ? AND user_id = ? RETURNING name")
    .bind(id, userId)
    .first<{ name: string }>();
  return row?.name ?? null;
}
