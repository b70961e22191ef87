import type { RecheckDecision } from "../../../shared/access/login/recheck.ts";
import type { AliasedRowOf } from "../../../shared/registry/rows.ts";
import type { identities, providerGrants } from "../../../shared/registry/schema.ts";
import type { Bindings } from "../../platform/env.ts";
import { seal, unseal } from "../../platform/secrets.ts";
import type { Provider } from "../providers.ts";

/** A grant that only this run may use until `claim` expires. */
export type ClaimedGrant = Omit<GrantRow, "untold"> & { readonly untold: boolean };
type GrantRow = Pick<
  AliasedRowOf<typeof providerGrants>,
  "identityId" | "tokenSealed" | "state" | "confirmedAt" | "unanswered" | "untold" | "problem"
> &
  Pick<AliasedRowOf<typeof identities>, "userId" | "providerId" | "subject"> & { readonly claim: string };

/** Longer than one check can take: four requests of 8 s to the provider, plus the time for the registry. */
const CLAIM_MS = 120_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The encryption context for a refresh token. */
const tokenContext = (providerId: string, subject: string): string =>
  `provider_grant:${providerId}:${subject}`;

export const openToken = (bindings: Bindings, grant: ClaimedGrant): Promise<string> =>
  unseal(bindings, grant.tokenSealed, tokenContext(grant.providerId, grant.subject));

/** Stores the refresh token of a new sign-in. If a check with an older token is running, it loses its claim. */
export async function keepGrant(
  bindings: Bindings,
  provider: Provider,
  subject: string,
  token: string,
): Promise<void> {
  const now = Date.now();
  const sealed = await seal(bindings, token, tokenContext(provider.id, subject));
  await bindings.db
    .prepare(
      `INSERT INTO provider_grants (identity_id, token_sealed, confirmed_at, checked_at, due_at)
       SELECT id, ?1, ?2, ?2, ?3 FROM identities WHERE provider_id = ?4 AND subject = ?5
       ON CONFLICT (identity_id) DO UPDATE SET token_sealed = excluded.token_sealed, state = 'kept',
       confirmed_at = excluded.confirmed_at, checked_at = excluded.checked_at, due_at = excluded.due_at,
       claim = NULL, claimed_until = 0, unanswered = 0, problem = NULL`,
    )
    .bind(sealed, now, now + provider.recheckMinutes * MINUTE_MS, provider.id, subject)
    .run();
}

/** Deletes due grants of users who have no session left. */
export async function forgetIdle(db: D1Database, now: number): Promise<void> {
  await db
    .prepare(
      `DELETE FROM provider_grants WHERE due_at <= ?1 AND claimed_until <= ?1 AND state = 'kept' AND NOT EXISTS
       (SELECT 1 FROM identities i JOIN sessions_index s ON s.user_id = i.user_id
        WHERE i.id = identity_id AND s.ended_at IS NULL AND s.expires_at > ?1)`,
    )
    .bind(now)
    .run();
}

/**
 * Claims due grants in one statement, the longest due first. So runs at the same time claim different grants.
 *
 * @param away The ids of providers that are not asked. Their grants are claimed only when the grace period is
 *   over.
 */
export async function claimDue(
  db: D1Database,
  limit: number,
  away: readonly string[],
  now: number,
): Promise<ClaimedGrant[]> {
  const claim = crypto.randomUUID();
  const [, claimed] = await db.batch<GrantRow>([
    db
      .prepare(
        `UPDATE provider_grants SET claim = ?1, claimed_until = ?2, unanswered = unanswered + 1
         WHERE identity_id IN (
           SELECT g.identity_id FROM provider_grants g JOIN identities i ON i.id = g.identity_id
           JOIN identity_providers p ON p.id = i.provider_id
           WHERE g.due_at <= ?3 AND g.claimed_until <= ?3 AND (g.state = 'ending' OR (p.enabled = 1 AND
             (p.id NOT IN (SELECT value FROM json_each(?4))
              OR g.confirmed_at + p.recheck_grace_hours * ${HOUR_MS} <= ?3)))
           ORDER BY g.due_at LIMIT ?5)`,
      )
      .bind(claim, now + CLAIM_MS, now, JSON.stringify(away), limit),
    db
      .prepare(
        `SELECT g.identity_id AS identityId, g.claim, i.user_id AS userId, i.provider_id AS providerId, i.subject,
         g.token_sealed AS tokenSealed, g.state, g.confirmed_at AS confirmedAt,
         g.unanswered - 1 AS unanswered, g.untold, g.problem
         FROM provider_grants g JOIN identities i ON i.id = g.identity_id WHERE g.claim = ?`,
      )
      .bind(claim),
  ]);
  return (claimed?.results ?? []).map((row) => ({ ...row, untold: row.untold === 1 }));
}

/** Stores a token that the provider gave as a replacement. Returns false if the claim was lost. */
export async function replaceToken(bindings: Bindings, grant: ClaimedGrant, token: string): Promise<boolean> {
  const sealed = await seal(bindings, token, tokenContext(grant.providerId, grant.subject));
  const { meta } = await bindings.db
    .prepare("UPDATE provider_grants SET token_sealed = ? WHERE identity_id = ? AND claim = ?")
    .bind(sealed, grant.identityId, grant.claim)
    .run();
  return meta.changes === 1;
}

/**
 * A part of the transaction that changes the user. It marks that live sessions must still be told, until
 * `settle` is called.
 */
export const markUntold = (db: D1Database, grant: ClaimedGrant): D1PreparedStatement =>
  db.prepare("UPDATE provider_grants SET untold = 1 WHERE identity_id = ?").bind(grant.identityId);

/** Ends the claim with the decision, after live sessions were told. */
export async function settle(
  db: D1Database,
  grant: ClaimedGrant,
  decision: Extract<RecheckDecision, { next: "keep" }>,
  now: number,
): Promise<void> {
  await db
    .prepare(
      `UPDATE provider_grants SET confirmed_at = ?, checked_at = ?, due_at = ?, unanswered = ?, problem = ?, untold = 0,
       claim = NULL, claimed_until = 0 WHERE identity_id = ? AND claim = ?`,
    )
    .bind(
      decision.confirmedAt,
      now,
      decision.dueAt,
      decision.unanswered,
      decision.problem,
      grant.identityId,
      grant.claim,
    )
    .run();
}

/**
 * Records that the user's sessions must end, so that they end even if this run dies. Also removes the groups
 * that the provider named. Returns false if the claim was lost because of a new sign-in.
 */
export async function beginEnding(
  db: D1Database,
  grant: ClaimedGrant,
  reason: string,
  now: number,
): Promise<boolean> {
  const [marked] = await db.batch([
    db
      .prepare(
        "UPDATE provider_grants SET state = 'ending', problem = ?, due_at = ? WHERE identity_id = ? AND claim = ?",
      )
      .bind(reason, now, grant.identityId, grant.claim),
    db
      .prepare(
        `UPDATE identities SET groups = '[]', updated_at = max(updated_at + 1, ?1) WHERE id = ?2
         AND EXISTS (SELECT 1 FROM provider_grants WHERE identity_id = ?2 AND claim = ?3)`,
      )
      .bind(now, grant.identityId, grant.claim),
  ]);
  return marked?.meta.changes === 1;
}

export async function forget(db: D1Database, grant: ClaimedGrant): Promise<void> {
  await db
    .prepare("DELETE FROM provider_grants WHERE identity_id = ? AND claim = ?")
    .bind(grant.identityId, grant.claim)
    .run();
}
