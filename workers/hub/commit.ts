import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import { meshChange, type Statement } from "../../shared/registry/mesh-change.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { freshId } from "../platform/random.ts";
import { throwRefusal } from "../platform/refused.ts";
import { seal, unseal } from "../platform/secrets.ts";
import { inContext } from "../registry/history.ts";
import type { Author, Effects, Write } from "./call.ts";
import { perform } from "./effects.ts";
import { explainFailure } from "./failures.ts";

/** An answer that can be stored and sent again. */
export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly version: number | null;
  /**
   * The number of session objects that could not be told when the change was made. They are told within
   * seconds.
   */
  readonly pending: number;
}

/** The content of a write's row. It is encrypted, because the answer may show a secret. */
interface Saved {
  readonly answer: StoredAnswer;
  readonly effects: Effects;
  readonly event: EventEntry;
}

export interface WriteKey {
  /** The hash of the caller and the idempotency key. Without a key, the hash of a random value. */
  readonly key: string;
  readonly requestHash: string;
  /** Whether the caller can refer to this write again. */
  readonly isRepeatable: boolean;
}

/** @param given The `Idempotency-Key` header. Null makes a write whose answer can't be requested again. */
export function writeKey(actor: string, given: string | null, request: string): WriteKey {
  if (given !== null && !/^[\x21-\x7e]{1,200}$/.test(given)) {
    throwRefusal("malformed_request", "The Idempotency-Key must be 1 to 200 visible ASCII characters.");
  }
  return {
    key: hashSecret(given === null ? `once:${freshId("audit")}` : `key:${actor}\n${given}`),
    requestHash: hashSecret(request),
    isRepeatable: given !== null,
  };
}

/** The answer to an earlier request with this key, after finishing its remaining effects. Null for a new key. */
export async function replay(bindings: Bindings, write: WriteKey): Promise<StoredAnswer | null> {
  const row = await bindings.db
    .prepare("SELECT request_hash, status, body FROM idempotency_keys WHERE key = ?")
    .bind(write.key)
    .first<{ request_hash: string; status: number; body: string }>();
  if (!row) return null;
  if (row.request_hash !== write.requestHash) {
    throwRefusal("idempotency_mismatch", "Use a new Idempotency-Key for another request.");
  }
  const saved: Saved = JSON.parse(await unseal(bindings, row.body, `write:${write.key}`));
  return row.status === PENDING ? finishOrExplain(bindings, write, saved, UNKNOWN) : saved.answer;
}

/** The status of a row whose effects are not yet confirmed. */
export const PENDING = 0;

/**
 * Saves a change and the list of its effects in one transaction, then performs the effects. If an effect
 * fails, the change is still saved, and the row remembers the remaining effects. A retry with the same key,
 * or the next write by anybody, completes them.
 */
export async function commit(
  bindings: Bindings,
  by: Author,
  write: WriteKey,
  change: Write,
  status: number,
  now: number,
): Promise<StoredAnswer> {
  const saved: Saved = {
    answer: { status, body: change.body, version: change.version ?? null, pending: 0 },
    effects: change.effects,
    event: { kind: "admin", id: freshId("audit"), at: now, ...by, ...change.effects.event },
  };
  const body = await seal(bindings, JSON.stringify(saved), `write:${write.key}`);
  let isMeshChanged: boolean;
  try {
    const results = await bindings.db.batch<{ revision: number }>(
      meshChange(bindings.db, [
        MESH_REVISION,
        ...inContext(saved.event, change.statements),
        [
          "INSERT INTO idempotency_keys (key, request_hash, status, body, created_at) VALUES (?, ?, ?, ?, ?)",
          write.key,
          write.requestHash,
          PENDING,
          body,
          now,
        ],
        MESH_REVISION,
      ]),
    );
    const [before, after] = [results[0], results.at(-1)].map((result) => result?.results[0]?.revision);
    isMeshChanged = before !== after;
  } catch (error) {
    // Two requests had the same key at the same time. The request that lost gives the same answer as the one
    // that won.
    const earlier = await replay(bindings, write);
    if (earlier) return earlier;
    return explainFailure(error);
  }
  return finishOrExplain(bindings, write, saved, isMeshChanged);
}

/**
 * The saved write doesn't contain whether it changed the mesh. So the segments are always told when it is
 * completed, which costs little.
 */
const UNKNOWN = true;

/**
 * The first and the last statement of the batch. If the revision differs between them, nodes must be told,
 * whether a statement or a trigger raised it.
 */
const MESH_REVISION: Statement = ["SELECT revision FROM mesh_state"];

async function finishOrExplain(
  bindings: Bindings,
  write: WriteKey,
  saved: Saved,
  isMeshChanged: boolean,
): Promise<StoredAnswer> {
  try {
    return await finish(bindings, write.key, saved, isMeshChanged);
  } catch (error) {
    logError("write_not_propagated", error, { entry: saved.event.id });
    const next = write.isRepeatable
      ? "Repeat the request with the same Idempotency-Key to wait for that."
      : "It is tried again in the background; do not repeat the request.";
    return throwRefusal(
      "unavailable",
      `The change is saved, but not every part of the network confirmed it yet; it will take effect. ${next}`,
    );
  }
}

async function finish(
  bindings: Bindings,
  key: string,
  { answer, effects, event }: Saved,
  isMeshChanged: boolean,
): Promise<StoredAnswer> {
  const done: Saved = {
    answer: { ...answer, pending: await perform(bindings, effects, event, isMeshChanged) },
    effects,
    event,
  };
  await bindings.db
    .prepare("UPDATE idempotency_keys SET status = ?, body = ? WHERE key = ?")
    .bind(answer.status, await seal(bindings, JSON.stringify(done), `write:${key}`), key)
    .run();
  return done.answer;
}

/** Completes one saved write with remaining effects. */
export async function finishRow(bindings: Bindings, row: { key: string; body: string }): Promise<void> {
  const saved = JSON.parse(await unseal(bindings, row.body, `write:${row.key}`)) as Saved;
  await finish(bindings, row.key, saved, UNKNOWN);
}
