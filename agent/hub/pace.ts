import { backoffMs } from "../../shared/base/async/retry.ts";

/** When the agent asks the hub again. Jitter keeps ten thousand nodes from asking in the same moment. */

const LONGEST_MS = 60_000;
const FIRST_MS = 1_000;

/** `seconds` ± 20 %, in milliseconds. @param random In [0, 1). */
export const jittered = (seconds: number, random: number): number => seconds * 1_000 * (0.8 + 0.4 * random);

/**
 * The pause doubles with each failure, up to a minute. Half of it is random. It is never shorter than the hub asked
 * for.
 */
export function pauseAfter(failures: number, retryAfterMs: number, random: number): number {
  const longest = backoffMs(failures, FIRST_MS, LONGEST_MS);
  // The random part is added to the pause that the hub asked for, so that the nodes do not all come back in the same
  // moment.
  return Math.max(longest / 2, retryAfterMs) + (longest / 2) * random;
}
