import { type RiskSignal, speaking, weightAt } from "./signal.ts";

/** What one signal adds to a score now. */
export interface RiskPart {
  readonly source: string;
  readonly kind: string;
  /** What is left of it, as a whole number from 1 to 100. */
  readonly score: number;
}

/**
 * The risk of all signals together, a whole number from 0 to 100. Signals count as independent: each leaves only
 * its part of the trust that the others left (a noisy or). So the order does not matter, no signal lowers a score,
 * and many weak signals never pass 100.
 */
export function scoreAt(signals: readonly RiskSignal[], now: number): number {
  const trust = speaking(signals, now).reduce((left, signal) => left * (1 - weightAt(signal, now) / 100), 1);
  return Math.round(100 * (1 - trust));
}

/** The signals behind a score, the strongest first. */
export const partsAt = (signals: readonly RiskSignal[], now: number): RiskPart[] =>
  speaking(signals, now)
    .map((signal) => ({
      source: signal.source,
      kind: signal.kind,
      score: Math.round(weightAt(signal, now)),
    }))
    .sort((a, b) => b.score - a.score || (a.kind < b.kind ? -1 : 1));

/** The number of steps in which `fallsTo` narrows a time down: to a second within 90 days. */
const STEPS = 24;
const HORIZON_MS = 2 * 90 * 24 * 3_600_000;

/**
 * When the risk falls below `limit` if nothing new is found. `now` if it is below already, null if that takes
 * longer than 180 days.
 */
export function fallsTo(signals: readonly RiskSignal[], limit: number, now: number): number | null {
  if (scoreAt(signals, now) < limit) return now;
  let [low, high] = [now, now + HORIZON_MS];
  if (scoreAt(signals, high) >= limit) return null;
  for (let step = 0; step < STEPS; step++) {
    const middle = Math.floor((low + high) / 2);
    if (scoreAt(signals, middle) >= limit) low = middle;
    else high = middle;
  }
  return high;
}
