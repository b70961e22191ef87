import type { SessionEvent } from "./state.ts";
import { mayHaveChildren, type SessionEndReason } from "./types.ts";

/** What must happen after an event, outside the rows that the object itself stores. */
export type SessionEffect =
  /** Ends the streams that hold a kill line to this session. */
  | { readonly type: "cut_lines"; readonly sessionId: string; readonly reason: SessionEndReason }
  /** Asks the holders of kill lines to decide again: the holders for one session, or all holders (null). */
  | { readonly type: "recheck_lines"; readonly sessionId: string | null }
  /** Marks the session as ended in the registry's index. */
  | {
      readonly type: "mark_ended";
      readonly sessionId: string;
      readonly reason: SessionEndReason;
      readonly at: number;
    }
  /** Ends the app sessions that came from this session, in every object that has some. */
  | { readonly type: "end_children"; readonly parentId: string };

export function effectsOf(events: readonly SessionEvent[]): SessionEffect[] {
  const effects: SessionEffect[] = [];
  const concernsAll = events.some(({ type }) => type === "epoch_raised");
  if (concernsAll) effects.push({ type: "recheck_lines", sessionId: null });
  for (const event of events) {
    const concernsOne =
      event.type === "principal_replaced" || event.type === "risk_noted" || event.type === "device_noted";
    if (concernsOne && !concernsAll) effects.push({ type: "recheck_lines", sessionId: event.id });
    if (event.type === "raised" && !concernsAll)
      effects.push({ type: "recheck_lines", sessionId: event.live.session.id });
    if (event.type !== "ended") continue;
    const { id } = event.session;
    const { reason } = event.tombstone;
    effects.push({ type: "cut_lines", sessionId: id, reason });
    effects.push({ type: "mark_ended", sessionId: id, reason, at: event.at });
    if (mayHaveChildren(event.session)) effects.push({ type: "end_children", parentId: id });
  }
  return effects;
}
