/** Loss is counted over so many of the last probes. */
const WINDOW = 32;
/** How far a new round trip moves the mean and the mean deviation (RFC 6298, section 2). */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;

/** What the probes of one path showed so far. */
export interface Meter {
  /** The mean round trip and how far round trips lie from it on average: ms; null before the first answer. */
  readonly rttMs: number | null;
  readonly jitterMs: number | null;
  /** Of the last probes, newest last: whether they were answered. */
  readonly outcomes: readonly boolean[];
  /** When the last answer came: ms of the caller's clock. */
  readonly at: number | null;
}

export const NEW_METER: Meter = { rttMs: null, jitterMs: null, outcomes: [], at: null };

/** Takes in an answer. A round trip that is none, after a jump of the clock, counts as an answer alone. */
export function measured(meter: Meter, rttMs: number, at: number): Meter {
  const outcomes = [...meter.outcomes, true].slice(-WINDOW);
  if (!(rttMs >= 0)) return { ...meter, outcomes, at };
  if (meter.rttMs === null || meter.jitterMs === null) return { rttMs, jitterMs: rttMs / 2, outcomes, at };
  const jitterMs = meter.jitterMs + (Math.abs(rttMs - meter.rttMs) - meter.jitterMs) * DEVIATION_GAIN;
  return { rttMs: meter.rttMs + (rttMs - meter.rttMs) * MEAN_GAIN, jitterMs, outcomes, at };
}

/** Takes in that a probe was not answered in time. */
export const unanswered = (meter: Meter): Meter => ({
  ...meter,
  outcomes: [...meter.outcomes, false].slice(-WINDOW),
});

/** The share of the last probes that were not answered, 0 to 1; null before the first one. */
export const lossOf = ({ outcomes }: Meter): number | null =>
  outcomes.length === 0 ? null : outcomes.filter((isAnswered) => !isAnswered).length / outcomes.length;
