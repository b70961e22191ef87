/** So many intervals between signs of life are remembered, as a mean and a variance that older ones fade from. */
const MEMORY = 32;

/**
 * How long a peer has been silent, on a scale that means the same on every path: phi = -log10 of the likelihood that it
 * is only late (Hayashibara et al. 2004: the phi-accrual failure detector). Phi 1 is wrong one time in 10, phi 8 one time
 * in 100 million, as far as intervals are normally distributed.
 */
export interface Arrivals {
  /** When the last sign of life came: ms. */
  readonly lastAt: number;
  /** The mean interval and its variance: ms, ms². */
  readonly mean: number;
  readonly variance: number;
  readonly count: number;
}

/** @param intervalMs at which signs of life are expected at first */
export const firstArrival = (at: number, intervalMs: number): Arrivals => ({
  lastAt: at,
  mean: intervalMs,
  variance: (intervalMs / 4) ** 2,
  count: 1,
});

/** Takes in a sign of life. One that is older than the last, after a jump of a clock or out of order, changes nothing. */
export function arrived(arrivals: Arrivals, at: number): Arrivals {
  const interval = at - arrivals.lastAt;
  if (!(interval > 0)) return arrivals;
  const count = Math.min(arrivals.count + 1, MEMORY);
  const difference = interval - arrivals.mean;
  const mean = arrivals.mean + difference / count;
  const variance = arrivals.variance + (difference * (interval - mean) - arrivals.variance) / count;
  return { lastAt: at, mean, variance, count };
}

/** @returns Phi at a time: 0 or more. */
export function phi({ lastAt, mean, variance }: Arrivals, now: number): number {
  // Signs of life that are lost make no exception: the deviation is one interval at least.
  const late = (now - lastAt - mean) / Math.max(Math.sqrt(variance), mean);
  // The logistic approximation of the normal distribution's tail (as Akka and Cassandra use it).
  const exponent = late * (1.5976 + 0.070566 * late * late);
  return exponent > 30 ? exponent / Math.LN10 : Math.log10(1 + Math.exp(exponent));
}
