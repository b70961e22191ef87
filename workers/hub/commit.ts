import type { EventEntry } from "../../shared/audit/types.ts";
import { hashSecret } from "../../shared/login/secret-hash.ts";
import type { Principal } from "../../shared/sessions/types.ts";
import { recordEvent } from "../audit.ts";
import type { Bindings } from "../env.ts";
import { endUser } from "../handoff/end-sessions.ts";
import { freshId } from "../handoff/random.ts";
import { indexEnded } from "../handoff/session-index.ts";
import { coordinatorObject } from "../objects.ts";
import { loadPrincipal } from "../registry/principals.ts";
import { seal, unseal } from "../secrets.ts";
import type { Effects, Write } from "./call.ts";
import { explainFailure } from "./failures.ts";
import { refuse } from "./refused.ts";

/** How long a write's answer is kept for its key. */
const KEEP_MS = 24 * 3_600_000;
/** Principals loaded at the same time. */
const LOAD_WIDTH = 10;

/** An answer that can be stored and given again. */
export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly version: number | null;
}

/** What the row of a write holds, sealed: its answer may show a secret. */
interface Saved {
  readonly answer: StoredAnswer;
  readonly effects: Effects;
  readonly event: EventEntry;
}

export interface WriteKey {
  /** Hash of caller and idempotency key, or of something random where none was given. */
  readonly key: string;
  readonly requestHash: string;
}

/** @param given The `Idempotency-Key` header; null makes a write that can't be asked for again. */
export function writeKey(actor: string, given: string | null, request: string): WriteKey {
  if (given !== null && !/^[\x21-\x7e]{1,200}$/.test(given)) {
    refuse("malformed_request", "The Idempotency-Key must be 1 to 200 visible ASCII characters.");
  }
  return {
    key: hashSecret(given === null ? `once:${freshId("audit")}` : `key:${actor}\n${given}`),
    requestHash: hashSecret(request),
  };
}

/** The answer to an earlier request under this key, after finishing what it left undone; null for a new key. */
export async function replay(bindings: Bindings, write: WriteKey): Promise<StoredAnswer | null> {
  const row = await bindings.db
    .prepare("SELECT request_hash, status, body FROM idempotency_keys WHERE key = ?")
    .bind(write.key)
    .first<{ request_hash: string; status: number; body: string }>();
  if (!row) return null;
  if (row.request_hash !== write.requestHash) {
    refuse("idempotency_mismatch", "Use a new Idempotency-Key for another request.");
  }
  const saved: Saved = JSON.parse(await unseal(bindings, row.body, `write:${write.key}`));
  if (row.status === PENDING) await finish(bindings, write.key, saved);
  return saved.answer;
}

/** The status of a row whose effects are not confirmed yet. */
const PENDING = 0;

/**
 * Saves a change with the list of its effects in one transaction, then performs the effects. When one of them
 * fails the change is saved and the row remembers what is left: a retry with the same key, or the next
 * write of anyone, completes it.
 */
export async function commit(
  bindings: Bindings,
  actor: string,
  write: WriteKey,
  change: Write,
  status: number,
  now: number,
): Promise<StoredAnswer> {
  const saved: Saved = {
    answer: { status, body: change.body, version: change.version ?? null },
    effects: change.effects,
    event: { kind: "admin", id: freshId("audit"), at: now, actor, ...change.effects.event },
  };
  const body = await seal(bindings, JSON.stringify(saved), `write:${write.key}`);
  try {
    await bindings.db.batch([
      ...change.statements,
      bindings.db
        .prepare(
          "INSERT INTO idempotency_keys (key, request_hash, status, body, created_at) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(write.key, write.requestHash, PENDING, body, now),
      bindings.db
        .prepare("DELETE FROM idempotency_keys WHERE created_at < ? AND status <> ?")
        .bind(now - KEEP_MS, PENDING),
    ]);
  } catch (error) {
    // Two requests under one key at the same time: the one that lost answers like the one that won.
    const earlier = await replay(bindings, write);
    if (earlier) return earlier;
    return explainFailure(error);
  }
  await finish(bindings, write.key, saved);
  return saved.answer;
}

async function finish(bindings: Bindings, key: string, saved: Saved): Promise<void> {
  try {
    await perform(bindings, saved);
    await bindings.db
      .prepare("UPDATE idempotency_keys SET status = ? WHERE key = ?")
      .bind(saved.answer.status, key)
      .run();
  } catch (error) {
    console.error(
      JSON.stringify({ message: "write not propagated yet", event: saved.event.id, error: String(error) }),
    );
    refuse(
      "unavailable",
      "The change is saved, but not every part of the network confirmed it yet; it will take effect. " +
        "Repeat the request with the same Idempotency-Key to wait for that.",
    );
  }
}

/** All effects may be repeated. The epoch is raised even while the audit log is away: revoking comes first. */
async function perform(bindings: Bindings, { effects, event }: Saved): Promise<void> {
  const results = await Promise.allSettled([recordEvent(bindings, event), propagate(bindings, effects)]);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

async function propagate(bindings: Bindings, effects: Effects): Promise<void> {
  const coordinator = coordinatorObject(bindings);
  await coordinator.bump(await loadPrincipals(bindings, effects.userIds));
  for (const { filter, reason } of effects.ends) {
    if (filter.by === "user") await endUser(bindings, filter.id, reason);
    const { ended } = await coordinator.endEverywhere(null, filter, reason);
    await indexEnded(bindings.db, ended, reason);
  }
}

/** Those that are gone have no principal: their sessions are ended instead. */
async function loadPrincipals(bindings: Bindings, userIds: readonly string[]): Promise<Principal[]> {
  const principals: Principal[] = [];
  for (let at = 0; at < userIds.length; at += LOAD_WIDTH) {
    const some = await Promise.all(
      userIds.slice(at, at + LOAD_WIDTH).map((id) => loadPrincipal(bindings.db, id)),
    );
    principals.push(...some.filter((principal) => principal !== null));
  }
  return principals;
}

/** Completes writes of others whose effects were left undone; best effort, a few at a time. */
export async function finishLeftovers(bindings: Bindings, now: number): Promise<void> {
  const { results } = await bindings.db
    .prepare("SELECT key, body FROM idempotency_keys WHERE status = ? AND created_at < ? LIMIT 5")
    .bind(PENDING, now - LEFTOVER_MS)
    .all<{ key: string; body: string }>();
  for (const { key, body } of results) {
    const saved: Saved = JSON.parse(await unseal(bindings, body, `write:${key}`));
    await finish(bindings, key, saved);
  }
}

/** A younger row belongs to a request that is still at work. */
const LEFTOVER_MS = 5_000;
