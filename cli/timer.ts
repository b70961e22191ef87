import type { Timer } from "../shared/base/async/timer.ts";

/** Node's own. */
export const timer: Timer = (ms, ring) => {
  const set = setTimeout(ring, ms);
  return () => clearTimeout(set);
};
