/** One finding that speaks for risk. It loses half of its weight in each half-life. */
export interface RiskSignal {
  /** Who found it: `administrator`, `whereabouts`, or the name that a program gave. */
  readonly source: string;
  /** What was found, as a stable word: `set_by_hand`, `new_country`, ... */
  readonly kind: string;
  /** From 1 to 100, at the moment when it was found. */
  readonly score: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly halfLifeSeconds: number;
}

/** The most signals that are kept of one person or session. Nobody can fill more. */
export const MAX_SIGNALS = 16;
/** The longest half-life: 90 days. */
export const MAX_HALF_LIFE_SECONDS = 90 * 24 * 3_600;

/**
 * The score that is left of a signal at `now`, from 0 to 100. A signal from the future counts in full: clocks
 * differ, and nobody gains by setting one ahead.
 */
export function weightAt({ score, at, halfLifeSeconds }: RiskSignal, now: number): number {
  const halfLives = Math.max(0, now - at) / (halfLifeSeconds * 1_000);
  return Math.min(100, Math.max(0, score)) * 2 ** -halfLives;
}

/** Below this weight, a signal says nothing any more. */
const NOTHING = 1;

/** The signals that still speak at `now`. */
export const speaking = (signals: readonly RiskSignal[], now: number): RiskSignal[] =>
  signals.filter((signal) => weightAt(signal, now) >= NOTHING);

/**
 * The signals with a new one among them. A finding of the same source and kind is replaced, so that repeating it
 * does not add up. When there are too many, the weakest goes.
 */
export function withSignal(signals: readonly RiskSignal[], added: RiskSignal): RiskSignal[] {
  const { source, kind, at } = added;
  const others = signals.filter((one) => one.source !== source || one.kind !== kind);
  return [...others, added].sort((a, b) => weightAt(b, at) - weightAt(a, at)).slice(0, MAX_SIGNALS);
}
