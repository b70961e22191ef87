import type { SessionEndReason } from "./types.ts";

/** The WebSocket close code of a stream whose session ended: 4401 = sign in again, 4403 = no longer allowed. */
export function closeCodeOf(reason: SessionEndReason): 4401 | 4403 {
  return reason === "user_disabled" || reason === "app_deleted" ? 4403 : 4401;
}
