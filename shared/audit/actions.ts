import type { EventEntry } from "./types.ts";

/** An app session began. */
export const SESSION_START = "session.start";

/**
 * Actions that end sessions. Some end many sessions at once and give the number in `detail.ended`. Otherwise
 * the number is one.
 */
const SESSION_ENDS: ReadonlySet<string> = new Set([
  "session.end",
  "session.sign_out",
  "session.kill",
  "session.provider_logout",
  "signal.received",
]);

/** How many sessions were ended by somebody in this event. Sessions that time out make no event. */
export function sessionsEndedBy({ action, detail }: EventEntry): number {
  if (!SESSION_ENDS.has(action)) return 0;
  const { ended } = detail;
  return typeof ended === "number" && Number.isSafeInteger(ended) && ended >= 0 ? ended : 1;
}
