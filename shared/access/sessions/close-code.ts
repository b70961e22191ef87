import type { SessionEndReason } from "./types.ts";

/**
 * The close code of a WebSocket stream whose session ended. 4401: the user can sign in again. 4403: the user
 * is no longer allowed.
 */
export function closeCodeOf(reason: SessionEndReason): 4401 | 4403 {
  return NO_WAY_BACK.has(reason) ? 4403 : 4401;
}

const NO_WAY_BACK: ReadonlySet<SessionEndReason> = new Set([
  "user_disabled",
  "app_deleted",
  "app_disabled",
  "risk_above_allowed",
]);
