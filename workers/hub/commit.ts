import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import { meshChange, type Statement } from "../../shared/registry/mesh-change.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { freshId } from "../platform/random.ts";
import { throwRefusal } from "../platform/refused.ts";
import { seal, unseal } from "../platform/secrets.ts";
import { inContext } from "../registry/history.ts";
import type { Effects, Write } from "./call.ts";
import { perform } from "./effects.ts";
import { explainFailure } from "./failures.ts";

/** An answer that can be stored and given again. */
export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly version: number | null;
  /** Session objects that could not be told of the change when it was made; they learn it within seconds. */
  readonly pending: number;
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
  /** Whether the caller can name this write again. */
  readonly isRepeatable: boolean;
}

/** @param given The `Idempotency-Key` header; null makes a write that can't be asked for again. */
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

/** The answer to an earlier request under this key, after finishing what it left undone; null for a new key. */
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

/** The status of a row whose effects are not confirmed yet. */
export const PENDING = 0;

/** Who makes a change, and why. */
export type Author = Pick<EventEntry, "actor" | "person" | "note">;

/**
 * Saves a change with the list of its effects in one transaction, then performs the effects. When one of them
 * fails the change is saved and the row remembers what is left: a retry with the same key, or the next
 * write of anyone, completes it.
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
    // Two requests under one key at the same time: the one that lost answers like the one that won.
    const earlier = await replay(bindings, write);
    if (earlier) return earlier;
    return explainFailure(error);
  }
  return finishOrExplain(bindings, write, saved, isMeshChanged);
}

/** Whether a write changed the mesh is not saved with it: who completes it has the segments told, which costs little. */
const UNKNOWN = true;

/** First and last in the batch: whoever raised it in between, a statement or a trigger of the database, nodes notice it. */
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

/** Completes one saved write whose effects were left undone. */
export async function finishRow(bindings: Bindings, row: { key: string; body: string }): Promise<void> {
  const saved = JSON.parse(await unseal(bindings, row.body, `write:${row.key}`)) as Saved;
  await finish(bindings, row.key, saved, UNKNOWN);
}
