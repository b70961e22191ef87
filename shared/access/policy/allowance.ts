/** How much of something somebody may still have: it fills up steadily to its most. */
export interface Allowance {
  readonly left: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/**
 * Takes an amount out of what has filled up since, at `perMinute` and up to `perMinute`.
 *
 * @returns The allowance afterwards and 0, or the same allowance and the seconds to wait. More than `perMinute` at once
 * is let through when nothing was taken lately, so that nothing waits for ever.
 */
export function take(
  before: Allowance | null,
  amount: number,
  perMinute: number,
  now: number,
): { readonly allowance: Allowance; readonly waitSeconds: number } {
  const filled = before ? before.left + (Math.max(0, now - before.at) * perMinute) / 60_000 : perMinute;
  const left = Math.min(perMinute, filled);
  const needed = Math.min(amount, perMinute);
  if (left >= needed) return { allowance: { left: left - amount, at: now }, waitSeconds: 0 };
  const waitSeconds = Math.ceil(((needed - left) * 60) / perMinute);
  return { allowance: { left, at: now }, waitSeconds };
}
