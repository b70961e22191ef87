import type { Session, SessionEndReason } from "./types.ts";

/** What a session object says over a kill line (JSON text frames). */
export type KillLineMessage =
  /** The session is over. The receiver cuts the stream now, with this WebSocket close code. */
  | {
      readonly type: "end";
      readonly reason: SessionEndReason;
      readonly closeCode: 4401 | 4403 | 4408;
      /** When the object learnt of the cause, in milliseconds. */
      readonly at: number;
    }
  /**
   * Something that a decision depends on changed. The receiver decides again at this epoch, and cuts the
   * stream with 4403 unless the new decision is "allow".
   */
  | {
      readonly type: "recheck";
      readonly epoch: number;
      readonly session: Session;
      /** When the object learnt of the cause, in milliseconds. */
      readonly at: number;
    };

/**
 * What the gateway says over a kill line. `touch`: real traffic flowed (sent at most once per 15 s). `ping`:
 * a keep-alive.
 */
export const KILL_LINE_TOUCH = "touch";
export const KILL_LINE_PING = "ping";
export const KILL_LINE_PONG = "pong";
/** If a kill line is silent or lost for longer than this time, the stream is cut. */
export const KILL_LINE_GRACE_MS = 5_000;
