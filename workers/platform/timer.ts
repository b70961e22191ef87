import type { Timer } from "../../shared/base/async/timer.ts";

/** The timer of the run-time. */
export const timer: Timer = (ms, ring) => {
  const set = setTimeout(ring, ms);
  return () => clearTimeout(set);
};

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    timer(ms, resolve);
  });
