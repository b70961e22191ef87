import type { EventEntry } from "../../shared/audit/types.ts";
import { Sample } from "../../shared/base/async/sample.ts";
import { within } from "../../shared/base/async/within.ts";
import { type Refusal, refusal } from "../../shared/base/errors/catalogue.ts";
import { messagesOf } from "../../shared/base/errors/cause.ts";
import { recordEvent } from "./audit.ts";
import type { Bindings } from "./env.ts";
import { logError } from "./log.ts";
import { freshId } from "./random.ts";
import { timer } from "./timer.ts";

/**
 * Trouble that people are told about in any case, with a number where it is recorded. Strangers can cause such trouble,
 * and they must not fill the log: of each kind an isolate records 60 at once, then one in three seconds. The next record
 * says how many were left out.
 */
const MOST_AT_ONCE = 60;
const THEN_EVERY_MS = 3_000;
/** For how long (milliseconds) an answer waits until its number is recorded. */
const PATIENCE_MS = 1_000;

const samples = new Map<string, Sample>();

/** The sample of a kind of trouble. The kinds are words in the code, so there are few. */
export function sampleOf(kind: string): Sample {
  const sample = samples.get(kind) ?? new Sample(MOST_AT_ONCE, THEN_EVERY_MS);
  samples.set(kind, sample);
  return sample;
}

/**
 * Records trouble.
 *
 * @returns The number of the record. Undefined if there is too much such trouble, or if the log can't be reached: then
 * nobody could look the number up.
 */
export async function recordTrouble(
  bindings: Bindings,
  event: Omit<EventEntry, "id" | "at">,
): Promise<string | undefined> {
  const now = Date.now();
  const leftOut = sampleOf(event.action).pick(now);
  if (leftOut === null) return undefined;
  const detail = leftOut === 0 ? event.detail : { ...event.detail, unrecorded: leftOut };
  const entry: EventEntry = { ...event, id: freshId("audit"), at: now, detail };
  const recorded = within(timer, PATIENCE_MS, recordEvent(bindings, entry));
  return recorded.then(
    () => entry.id,
    () => undefined,
  );
}

/**
 * Logs and records that a request could not be answered because something of ours broke.
 *
 * @param part Which part of the network failed.
 * @returns The refusal to answer with, and the number of the record, if there is one.
 */
export async function failed(
  bindings: Bindings,
  part: "gateway" | "sign-in" | "hub" | "agents",
  request: Request,
  error: unknown,
): Promise<{ readonly refused: Refusal; readonly number: string | undefined }> {
  const { host, pathname } = new URL(request.url);
  const detail = {
    part,
    method: request.method,
    path: pathname.slice(0, 300),
    error: messagesOf(error).slice(0, 500),
  };
  const event = { kind: "system", actor: "system", action: "request.failed", target: host, detail } as const;
  const number = await recordTrouble(bindings, event);
  logError("request_failed", error, { part, ...(number === undefined ? {} : { number }) });
  const more = number === undefined ? "" : ` If it persists, report the number ${number}.`;
  return { refused: refusal("unavailable", `Try again in a moment.${more}`), number };
}
