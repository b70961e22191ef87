import { boundEntry, MAX_APPEND_ENTRIES } from "../../shared/audit/bounds.ts";
import type { AuditEntry, DecisionEntry, EventEntry } from "../../shared/audit/types.ts";
import { retry } from "../../shared/base/async/retry.ts";
import type { Bindings } from "./env.ts";
import { logError } from "./log.ts";
import { auditObject } from "./objects.ts";
import { pause, timer } from "./timer.ts";

/** How many decisions one isolate holds at most. `docs/audit.md` says what is lost when an isolate dies. */
export const MAX_PENDING = 2_048;
/**
 * Allows are sent in batches. A batch is sent after this time (milliseconds) or when it holds `FULL_BATCH` decisions.
 */
const WINDOW_MS = 250;
const FULL_BATCH = 256;
/** A sender or waiter that needs longer than this (milliseconds) counts as dead. Then the next request takes over. */
const SENDER_LIMIT_MS = 10_000;
const WAITER_LIMIT_MS = 1_000;
const RETRY_DELAYS_MS = [100, 400, 1_600];

/**
 * Decisions that the log has not confirmed yet, by id. They are plain data, because a request must not use objects that
 * belong to another request. An entry leaves the map only when the log has the entry, so nothing is lost when a sender
 * dies.
 */
const pending = new Map<string, AuditEntry>();
let senderUntil = 0;
let waiterUntil = 0;

/**
 * Records a decision without a delay for the request: a denial is sent at once, allows are sent in small batches.
 * Returns a promise only when too many decisions wait for the log. The caller must then await the promise. When the
 * promise rejects, the caller must deny as `unavailable`, because an access that can't be recorded is not given.
 */
export function recordDecision(
  bindings: Bindings,
  ctx: ExecutionContext,
  entry: DecisionEntry,
): Promise<void> | undefined {
  return enqueue(bindings, ctx, entry, entry.decision === "deny");
}

/** Records how an exchange ended, without a delay. The exchange is over, so a failure can refuse nothing any more. */
export function recordSoon(bindings: Bindings, ctx: ExecutionContext, entry: EventEntry): void {
  const full = enqueue(bindings, ctx, entry, false);
  if (full) ctx.waitUntil(full.catch((error: unknown) => logError("ending_not_recorded", error, {})));
}

function enqueue(
  bindings: Bindings,
  ctx: ExecutionContext,
  entry: AuditEntry,
  atOnce: boolean,
): Promise<void> | undefined {
  if (pending.size >= MAX_PENDING) {
    ctx.waitUntil(drain(bindings));
    return append(bindings, [entry]);
  }
  pending.set(entry.id, entry);
  if (Date.now() < senderUntil) return undefined;
  if (atOnce || pending.size >= FULL_BATCH) ctx.waitUntil(drain(bindings));
  else if (Date.now() >= waiterUntil) ctx.waitUntil(drainSoon(bindings));
  return undefined;
}

/**
 * Records what an administrator, a user or the system did. The record is durable when the promise resolves. The promise
 * rejects when the record is not durable.
 */
export async function recordEvent(bindings: Bindings, entry: EventEntry): Promise<void> {
  await append(bindings, [entry]);
}

/** Records several events, in their order. */
export async function recordEvents(bindings: Bindings, entries: readonly EventEntry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += MAX_APPEND_ENTRIES) {
    await append(bindings, entries.slice(at, at + MAX_APPEND_ENTRIES).map(boundEntry));
  }
}

async function drainSoon(bindings: Bindings): Promise<void> {
  waiterUntil = Date.now() + WAITER_LIMIT_MS;
  await pause(WINDOW_MS);
  waiterUntil = 0;
  await drain(bindings);
}

/**
 * Sends until nothing is pending. Only one sender runs at a time. It also sends the entries that arrive while it sends.
 */
async function drain(bindings: Bindings): Promise<void> {
  if (Date.now() < senderUntil) return;
  const until = Date.now() + SENDER_LIMIT_MS;
  senderUntil = until;
  try {
    while (pending.size > 0 && Date.now() < until) {
      const batch = [...pending.values()].slice(0, MAX_APPEND_ENTRIES);
      await append(bindings, batch);
      for (const { id } of batch) pending.delete(id);
    }
  } catch (error) {
    // The entries stay pending. The next request sends them again under the same ids.
    logError("audit_log_unavailable", error, { pending: pending.size });
  } finally {
    if (senderUntil === until) senderUntil = 0;
  }
}

/** Cuts each entry to its bounds and sends all. Retrying is safe, because the log ignores ids that it already has. */
async function append(bindings: Bindings, entries: readonly AuditEntry[]): Promise<void> {
  const bounded = entries.map(boundEntry);
  await retry(timer, RETRY_DELAYS_MS, () => auditObject(bindings).append(bounded));
}
