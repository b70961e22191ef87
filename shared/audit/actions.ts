import type { EventEntry } from "./types.ts";

/** An app session began. */
export const SESSION_START = "session.start";

/** Actions that end sessions. Some end many at once and say how many in `detail.ended`; else it is one. */
const SESSION_ENDS: ReadonlySet<string> = new Set([
  "session.end",
  "session.sign_out",
  "session.kill",
  "session.provider_logout",
]);

/** How many sessions the event says were ended by somebody. Sessions that time out make no event. */
export function sessionsEndedBy({ action, detail }: EventEntry): number {
  if (!SESSION_ENDS.has(action)) return 0;
  const { ended } = detail;
  return typeof ended === "number" && Number.isSafeInteger(ended) && ended >= 0 ? ended : 1;
}
