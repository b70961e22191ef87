import type { Timer } from "../../shared/base/async/timer.ts";

/** The run-time's own. */
export const timer: Timer = (ms, ring) => {
  const set = setTimeout(ring, ms);
  return () => clearTimeout(set);
};

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    timer(ms, resolve);
  });
