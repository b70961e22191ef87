/**
 * How often a node may report something that reaches other nodes. Each such report costs every peer a new config. Ten
 * may come at once, and one more every six seconds (the generic cell rate algorithm of ITU-T I.371). Only one number is
 * stored: the time when the allowance is full again, in milliseconds since the Unix epoch.
 */

export const ALLOWANCE = { everyMs: 6_000, atOnce: 10 } as const;

export type Allowed =
  | { readonly ok: true; readonly wholeAt: number }
  | { readonly ok: false; readonly waitMs: number };

/** Takes one from the allowance, or says how long to wait for the next one. */
export function takeAllowance(wholeAt: number, now: number): Allowed {
  const whole = ALLOWANCE.atOnce * ALLOWANCE.everyMs;
  // If the stored time lies further ahead than an empty allowance allows, somebody has set the clock back since.
  const next = Math.min(Math.max(wholeAt, now), now + whole) + ALLOWANCE.everyMs;
  const excessMs = next - now - whole;
  return excessMs > 0 ? { ok: false, waitMs: excessMs } : { ok: true, wholeAt: next };
}
