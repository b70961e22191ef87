/**
 * Calls `ring` once after `ms` milliseconds. Returns a function that cancels the call. `shared/` has no clock
 * of its own: each run-time passes in its timer, and a test passes in a timer that it controls.
 */
export type Timer = (ms: number, ring: () => void) => () => void;

export const pause = (timer: Timer, ms: number): Promise<void> =>
  new Promise((resolve) => {
    timer(ms, resolve);
  });
