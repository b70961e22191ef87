import { boundEntry, MAX_APPEND_ENTRIES } from "../../shared/audit/bounds.ts";
import type { AuditEntry, DecisionEntry, EventEntry } from "../../shared/audit/types.ts";
import { retry } from "../../shared/base/async/retry.ts";
import type { Bindings } from "./env.ts";
import { logError } from "./log.ts";
import { auditObject } from "./objects.ts";
import { pause, timer } from "./timer.ts";

/** Decisions held by one isolate at most; `docs/audit.md` says what is lost when an isolate dies. */
export const MAX_PENDING = 2_048;
/** Allows wait for company this long (milliseconds) or until there are this many. */
const WINDOW_MS = 250;
const FULL_BATCH = 256;
/** A sender or waiter that is not done after this time is taken for dead, and the next request takes over. */
const SENDER_LIMIT_MS = 10_000;
const WAITER_LIMIT_MS = 1_000;
const RETRY_DELAYS_MS = [100, 400, 1_600];

/**
 * Decisions that the log has not confirmed yet, by id: plain data, because no request may use what belongs to
 * another one. An entry leaves only when the log has it, so a sender that dies loses nothing.
 */
const pending = new Map<string, DecisionEntry>();
let senderUntil = 0;
let waiterUntil = 0;

/**
 * Records a decision off the request's path: a denial is sent at once, allows in small batches. Returns a promise
 * only when too many decisions wait for the log: the caller must then await it, and deny as `unavailable` when it
 * rejects, since an access that cannot be recorded is not given.
 */
export function recordDecision(
  bindings: Bindings,
  ctx: ExecutionContext,
  entry: DecisionEntry,
): Promise<void> | undefined {
  if (pending.size >= MAX_PENDING) {
    ctx.waitUntil(drain(bindings));
    return append(bindings, [entry]);
  }
  pending.set(entry.id, entry);
  if (Date.now() < senderUntil) return undefined;
  if (entry.decision === "deny" || pending.size >= FULL_BATCH) ctx.waitUntil(drain(bindings));
  else if (Date.now() >= waiterUntil) ctx.waitUntil(drainSoon(bindings));
  return undefined;
}

/** Records what an administrator, a user or the system did. Durable when it returns; rejects when it is not. */
export async function recordEvent(bindings: Bindings, entry: EventEntry): Promise<void> {
  await append(bindings, [entry]);
}

/** Records several of them, in their order. */
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

/** Sends until nothing is pending; one sender at a time takes along what arrives while it sends. */
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
    // They stay pending: the next request sends them again under the same ids.
    logError("audit_log_unavailable", error, { pending: pending.size });
  } finally {
    if (senderUntil === until) senderUntil = 0;
  }
}

/** Each within its bounds. Retrying is safe: the log ignores ids that it already has. */
async function append(bindings: Bindings, entries: readonly AuditEntry[]): Promise<void> {
  const bounded = entries.map(boundEntry);
  await retry(timer, RETRY_DELAYS_MS, () => auditObject(bindings).append(bounded));
}
