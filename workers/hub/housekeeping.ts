import { retry } from "../../shared/base/async/retry.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { settleLeftEvents } from "../platform/saved-events.ts";
import { pause, timer } from "../platform/timer.ts";
import { finishRow, PENDING } from "./commit.ts";
import { expireUnused } from "./expire-unused.ts";
import { expireUsers } from "./expire-users.ts";
import { closeEnded } from "./grants/store.ts";
import { watchMeshTests } from "./watch-mesh-tests.ts";

/** How often one isolate looks for work, in milliseconds. */
const EVERY_MS = 5_000;
/** A row that is younger belongs to a request that is still running. */
const LEFTOVER_MS = 5_000;
/** The pauses in milliseconds before the effects of an unfinished write are tried again. */
const RETRY_DELAYS_MS = [1_000, 3_000, 9_000] as const;

const DAY_MS = 86_400_000;
/** How long the answer of a write is kept for its key. */
const ANSWERS_MS = DAY_MS;
/** The same time as the audit log keeps the texts that the index points to. */
const AUDIT_INDEX_MS = 400 * DAY_MS;
const OLD_SESSIONS_MS = 90 * DAY_MS;
/** Longer than a token may be old (`MAX_SET_AGE`), so that none is heeded twice. */
const SIGNALS_MS = 30 * DAY_MS;
/** A program that registered itself, and that nobody let in. Who registers asks a person at once. */
const CLIENT_UNUSED_MS = 3_600_000;
/** A program that registered itself, and that nobody uses any more: longer than any of its sessions lives. */
const CLIENT_IDLE_MS = 100 * DAY_MS;
/** As long as the audit log tells of them. An emergency that nobody has looked at stays. */
const GRANTS_MS = 400 * DAY_MS;
/** The most rows that one round deletes from a table that grows with use. */
const ROWS = 200;

let lookedAt = Number.NEGATIVE_INFINITY;

/**
 * Maintenance that any call may start after its answer, at most every few seconds. It finishes what other
 * calls left undone, and deletes old data.
 */
export async function keepHouse(bindings: Bindings, now: number): Promise<void> {
  if (now - lookedAt < EVERY_MS) return;
  lookedAt = now;
  await finishLeftovers(bindings, now);
  await settleLeftEvents(bindings, now).catch(logLeftover);
  await expireUsers(bindings, now);
  await expireUnused(bindings, now);
  await watchMeshTests(bindings, now);
  await dropOld(bindings.db, now);
}

/** The newest row comes first, so that a row that always fails doesn't block the others. */
async function finishLeftovers(bindings: Bindings, now: number): Promise<void> {
  const { results } = await bindings.db
    .prepare(
      `SELECT key, body FROM idempotency_keys WHERE status = ? AND created_at < ?
       ORDER BY created_at DESC LIMIT 5`,
    )
    .bind(PENDING, now - LEFTOVER_MS)
    .all<{ key: string; body: string }>();
  for (const row of results) await finishRow(bindings, row).catch(logLeftover);
}

/**
 * Tries to finish a write that was saved but whose effects failed. Does nothing if the write was not saved.
 * Never rejects.
 */
export async function finishSoon(bindings: Bindings, key: string): Promise<void> {
  const [first, ...further] = RETRY_DELAYS_MS;
  await pause(first);
  await retry(timer, further, () => finishIfPending(bindings, key)).catch(logLeftover);
}

async function finishIfPending(bindings: Bindings, key: string): Promise<void> {
  const row = await bindings.db
    .prepare("SELECT key, body FROM idempotency_keys WHERE key = ? AND status = ?")
    .bind(key, PENDING)
    .first<{ key: string; body: string }>();
  if (row) await finishRow(bindings, row);
}

function logLeftover(error: unknown): void {
  logError("write_still_not_propagated", error);
}

/** `docs/storage-schema.md` says how long each kind of row is kept. */
export async function dropOld(d1: D1Database, now: number): Promise<void> {
  await d1.batch([
    d1
      .prepare("DELETE FROM idempotency_keys WHERE created_at < ? AND status <> ?")
      .bind(now - ANSWERS_MS, PENDING),
    d1.prepare("DELETE FROM used_challenges WHERE expires_at < ?").bind(now),
    // Deletes by leaf number. The numbers are in the order of time, so no index by time is needed.
    d1
      .prepare(
        `DELETE FROM audit_index
         WHERE leaf IN (SELECT leaf FROM audit_index ORDER BY leaf LIMIT ${ROWS}) AND at < ?`,
      )
      .bind(now - AUDIT_INDEX_MS),
    d1
      .prepare(
        `DELETE FROM sessions_index
         WHERE id IN (SELECT id FROM sessions_index WHERE expires_at < ? ORDER BY expires_at LIMIT ${ROWS})`,
      )
      .bind(now - OLD_SESSIONS_MS),
    d1
      .prepare(
        `DELETE FROM signal_events
         WHERE id IN (SELECT id FROM signal_events WHERE received_at < ? ORDER BY received_at LIMIT ${ROWS})`,
      )
      .bind(now - SIGNALS_MS),
    d1
      .prepare(
        `DELETE FROM oauth_clients WHERE kind = 'self_registered'
         AND ((last_used_at IS NULL AND created_at < ?1) OR last_used_at < ?2)`,
      )
      .bind(now - CLIENT_UNUSED_MS, now - CLIENT_IDLE_MS),
    ...closeEnded(d1, null, now),
    d1
      .prepare(
        `DELETE FROM access_grants WHERE id IN (
           SELECT id FROM access_grants WHERE status NOT IN ('pending', 'granted') AND asked_at < ?1
             AND (NOT emergency OR reviewed_at IS NOT NULL) ORDER BY asked_at LIMIT ${ROWS})`,
      )
      .bind(now - GRANTS_MS),
    d1.prepare("DELETE FROM passkey_invitations WHERE expires_at < ?").bind(now),
  ]);
}
