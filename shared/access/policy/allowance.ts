/** The amount of something that a caller may still use. The amount grows steadily up to its maximum. */
export interface Allowance {
  readonly left: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/**
 * Takes an amount from the allowance. The allowance grows by `perMinute` each minute, up to `perMinute`.
 *
 * @returns The new allowance and 0, or the unspent allowance and the seconds to wait. An amount above
 *   `perMinute` is let through if the allowance is full, so that no caller waits for ever.
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
