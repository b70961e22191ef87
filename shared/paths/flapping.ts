/** A failure counts for half after so long: ms. */
const HALF_LIFE_MS = 5 * 60_000;
/** From so many recent failures on it rests, until no more than so many are left. */
const REST_FROM = 2.5;
const REST_UNTIL = 1;

/** What fails again and again is left alone for a while, although it is up just now (RFC 2439: route flap damping). */
export interface Flapping {
  /** Failures, of which older ones fade, as of a time in ms. */
  readonly failures: number;
  readonly at: number;
  readonly isResting: boolean;
}

export const CALM: Flapping = { failures: 0, at: 0, isResting: false };

export function failed(flapping: Flapping, now: number): Flapping {
  const { failures, isResting } = faded(flapping, now);
  return { failures: failures + 1, at: now, isResting: isResting || failures + 1 >= REST_FROM };
}

/** As it stands at a time; a clock that went back changes nothing. */
export function faded(flapping: Flapping, now: number): Flapping {
  if (now <= flapping.at) return flapping;
  const failures = flapping.failures * 2 ** ((flapping.at - now) / HALF_LIFE_MS);
  return { failures, at: now, isResting: flapping.isResting && failures > REST_UNTIL };
}
