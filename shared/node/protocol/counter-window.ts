import { COUNTER_WINDOW } from "./types.ts";

/**
 * The counters of a session that were seen (RFC 4303 §3.4.3). Requests may overtake one another within the window, but
 * no request counts twice.
 */
export interface CounterWindow {
  readonly highest: number;
  /** Bit n is set when `highest - n` was seen. */
  readonly seen: bigint;
}

export const EMPTY_WINDOW: CounterWindow = { highest: -1, seen: 0n };

const MASK = (1n << BigInt(COUNTER_WINDOW)) - 1n;

/** The window after `counter`. Null when the counter was seen before or is too old to decide. */
export function acceptCounter(window: CounterWindow, counter: number): CounterWindow | null {
  const ahead = counter - window.highest;
  if (ahead >= COUNTER_WINDOW) return { highest: counter, seen: 1n };
  if (ahead > 0) return { highest: counter, seen: ((window.seen << BigInt(ahead)) | 1n) & MASK };
  const bit = 1n << BigInt(-ahead);
  if (-ahead >= COUNTER_WINDOW || (window.seen & bit) !== 0n) return null;
  return { ...window, seen: window.seen | bit };
}
