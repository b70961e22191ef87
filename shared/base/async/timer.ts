/**
 * Calls `ring` once after `ms` milliseconds; what it returns calls that off. Each run-time gives its own, and a test one
 * that it turns by hand: what is in `shared/` has no clock.
 */
export type Timer = (ms: number, ring: () => void) => () => void;

export const pause = (timer: Timer, ms: number): Promise<void> =>
  new Promise((resolve) => {
    timer(ms, resolve);
  });
