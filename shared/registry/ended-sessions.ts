import type { SessionEndReason } from "../access/sessions/types.ts";
import type { Statement } from "./mesh-change.ts";

/** A session that ended, as the index of sessions shows it. */
export interface Ending {
  readonly sessionId: string;
  readonly reason: SessionEndReason;
  /** Milliseconds. */
  readonly at: number;
}

/** The most endings in one statement. So its one parameter stays below 200 kB (D1 takes 2 MB). */
export const MOST_ENDINGS = 1_000;

/** Marks sessions in the index as ended, unless they are marked already. */
export const markEnded = (endings: readonly Ending[]): Statement => [
  `UPDATE sessions_index SET ended_at = ending.value ->> 'at', end_reason = ending.value ->> 'reason'
   FROM json_each(?) AS ending WHERE sessions_index.id = ending.value ->> 'sessionId' AND ended_at IS NULL`,
  JSON.stringify(endings.map(({ sessionId, reason, at }) => ({ sessionId, reason, at }))),
];

/** Finds the ids of those of the sessions that are marked as ended. */
export const markedEnded = (endings: readonly Ending[]): Statement => [
  "SELECT id FROM sessions_index WHERE ended_at IS NOT NULL AND id IN (SELECT value FROM json_each(?))",
  JSON.stringify(endings.map(({ sessionId }) => sessionId)),
];
