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

/** Puts something about a sign-in or a session into the audit log; durable when it returns. */
export const note = (bindings: Bindings, ...what: What): Promise<void> =>
  recordEvent(bindings, eventOf(what));

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
