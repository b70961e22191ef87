import type { LiveSession } from "./state.ts";
import type { SessionEndReason } from "./types.ts";

/** The longest absolute lifetime of a session: 90 days. A caller that asks for more gets 90 days. */
export const MAX_ABSOLUTE_MS = 90 * 24 * 3_600_000;

/** The first millisecond at which the session is over, if nothing happens to the session before. */
export function dueAt({ session, idleMs }: LiveSession): number {
  return Math.min(session.lastSeenAt + idleMs, session.expiresAt);
}

/** Why the lifetime of the session is over at `now`, or null if the session is still live. */
export function expiryOf(live: LiveSession, now: number): SessionEndReason | null {
  if (now < dueAt(live)) return null;
  return live.session.expiresAt <= live.session.lastSeenAt + live.idleMs
    ? "absolute_timeout"
    : "idle_timeout";
}
