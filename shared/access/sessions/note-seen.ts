import { type RiskSignal, withSignal } from "../risk/signal.ts";
import { type Seen, WHEREABOUTS } from "../risk/whereabouts.ts";
import type { SessionEvent } from "./state.ts";
import { NO_SESSION_RISK, type Session } from "./types.ts";

/** What a request of a session shows that the ones before did not. Empty if it shows nothing new. */
export function noteSeen({ id, risk = NO_SESSION_RISK }: Session, seen: Seen, now: number): SessionEvent[] {
  const { events, signals } = WHEREABOUTS.decide(risk.whereabouts, seen, now);
  if (events.length === 0) return [];
  const noted = {
    signals: signals.reduce<readonly RiskSignal[]>(withSignal, risk.signals),
    whereabouts: events.reduce(WHEREABOUTS.apply, risk.whereabouts),
    version: risk.version + 1,
  };
  return [{ type: "risk_noted", id, risk: noted }];
}
