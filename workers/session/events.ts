import type { Principal } from "../../shared/access/sessions/types.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import { recordEvent } from "../platform/audit.ts";
import type { Bindings } from "../platform/env.ts";
import { freshId } from "../platform/random.ts";
import { recordEnding } from "../platform/saved-events.ts";
import { recordTrouble } from "../platform/trouble.ts";

type What = [
  kind: EventEntry["kind"],
  action: string,
  actor: string | Pick<Principal, "userId" | "email">,
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

/** Like `note`, for trouble that strangers can cause: see `recordTrouble`. */
export const noteTrouble = (bindings: Bindings, ...what: What): Promise<string | undefined> =>
  recordTrouble(bindings, eventOf(what));

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
  ...(typeof actor === "string"
    ? { actor }
    : { actor: `user:${actor.userId}`, person: { id: actor.userId, email: actor.email } }),
  action,
  target,
  detail,
});
