/**
 * How often a node may say something that reaches others: each time costs every peer a new config. Ten at once, one more
 * every six seconds (the generic cell rate algorithm of ITU-T I.371). What is kept is one number: when, in milliseconds
 * since the Unix epoch, the allowance is whole again.
 */

export const ALLOWANCE = { everyMs: 6_000, atOnce: 10 } as const;

export type Allowed =
  | { readonly ok: true; readonly wholeAt: number }
  | { readonly ok: false; readonly waitMs: number };

/** Takes one of the allowance, or says how long to wait for the next. */
export function takeAllowance(wholeAt: number, now: number): Allowed {
  const whole = ALLOWANCE.atOnce * ALLOWANCE.everyMs;
  // A stored time that lies further ahead than a spent allowance comes from a clock that was set back since.
  const next = Math.min(Math.max(wholeAt, now), now + whole) + ALLOWANCE.everyMs;
  const excessMs = next - now - whole;
  return excessMs > 0 ? { ok: false, waitMs: excessMs } : { ok: true, wholeAt: next };
}
