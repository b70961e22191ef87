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
 * Puts something about a sign-in or a session into the audit log; durable when it returns.
 * @returns Its number, by which an administrator finds it.
 */
export async function note(bindings: Bindings, ...what: What): Promise<string> {
  const event = eventOf(what);
  await recordEvent(bindings, event);
  return event.id;
}

/** What strangers can set off is recorded so often in a second by one isolate: the log is not theirs to fill. */
const MAX_TROUBLES = 20;
let troubles = { since: 0, count: 0 };

/** As `note`, of trouble that is told anyhow: undefined where there is too much of it, or the log is away, too. */
export async function noteTrouble(bindings: Bindings, ...what: What): Promise<string | undefined> {
  const now = Date.now();
  if (now - troubles.since >= 1_000) troubles = { since: now, count: 0 };
  troubles.count += 1;
  return troubles.count > MAX_TROUBLES ? undefined : note(bindings, ...what).catch(() => undefined);
}

/**
 * As `note`, of sessions that `work` ends and of what it says about them. They end also while the log is away, and the
 * log is told later: nobody else would know.
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
