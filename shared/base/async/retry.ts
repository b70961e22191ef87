import { pause, type Timer } from "./timer.ts";

/**
 * Tries once, and again after each pause. The work must be idempotent.
 *
 * @param pausesMs Milliseconds before each further try.
 * @throws The error of the last try.
 */
export async function retry<T>(
  timer: Timer,
  pausesMs: readonly number[],
  attempt: () => Promise<T>,
): Promise<T> {
  for (const ms of pausesMs) {
    try {
      return await attempt();
    } catch {
      await pause(timer, ms);
    }
  }
  return attempt();
}

/**
 * Milliseconds to wait after this number of failures in a row (1 = the first). Each failure doubles the wait,
 * up to the longest wait.
 */
export const backoffMs = (failures: number, firstMs: number, longestMs: number): number =>
  Math.min(longestMs, firstMs * 2 ** Math.max(0, failures - 1));
