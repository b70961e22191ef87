import type { EventEntry } from "../../shared/audit/types.ts";
import { recordEvent } from "../platform/audit.ts";
import type { Bindings } from "../platform/env.ts";
import { freshId } from "../platform/random.ts";
import { recordEnding } from "../platform/saved-events.ts";

type What = [
  kind: EventEntry["kind"],
  action: string,
  actor: string,
  target: string,
  detail?: EventEntry["detail"],
];

/**
 * Records something about a sign-in or a session in the audit log. The record is durable when the function returns.
 * @returns The number of the record, by which an administrator finds it.
 */
export async function note(bindings: Bindings, ...what: What): Promise<string> {
  const event = eventOf(what);
  await recordEvent(bindings, event);
  return event.id;
}

/**
 * One isolate records at most this many troubles in a second. Strangers can cause such trouble, and they must not fill
 * the log.
 */
const MAX_TROUBLES = 20;
let troubles = { since: 0, count: 0 };

/**
 * Like `note`, for trouble that the person is told about in any case. Undefined when there is too much trouble, or when
 * the log can't be reached.
 */
export async function noteTrouble(bindings: Bindings, ...what: What): Promise<string | undefined> {
  const now = Date.now();
  if (now - troubles.since >= 1_000) troubles = { since: now, count: 0 };
  troubles.count += 1;
  return troubles.count > MAX_TROUBLES ? undefined : note(bindings, ...what).catch(() => undefined);
}

/**
 * Like `note`, for sessions that `work` ends. The record also holds what `work` returns. The sessions end even while
 * the log can't be reached. The log is then told later, because nobody else knows that they ended.
 */
export async function noteEnding(
  bindings: Bindings,
  what: What,
  work: () => Promise<EventEntry["detail"]>,
): Promise<void> {
  await recordEnding(bindings, eventOf(what), work);
}

const eventOf = ([kind, action, actor, target, detail = {}]: What): EventEntry => ({
  kind,
  id: freshId("audit"),
  at: Date.now(),
  actor,
  action,
  target,
  detail,
});
