/** How often something may happen to one key. */
export interface Rate {
  readonly limit: number;
  readonly windowMs: number;
}

/** Codes that are sent to one address, whoever asks: nobody's mailbox is flooded, and guesses are few. */
export const CODES_PER_ADDRESS: Rate = { limit: 6, windowMs: 60 * 60_000 };
/** Codes that one client network asks for; an office may be behind one address. */
export const CODES_PER_NETWORK: Rate = { limit: 30, windowMs: 60 * 60_000 };

/**
 * Milliseconds until something may happen again; 0 when it may now.
 *
 * @param times Of the last times it happened, in any order; older ones than the window do not matter.
 */
export function waitOf(times: readonly number[], { limit, windowMs }: Rate, now: number): number {
  const recent = times.filter((time) => time > now - windowMs).sort((a, b) => b - a);
  const decisive = recent[limit - 1];
  return decisive === undefined ? 0 : decisive + windowMs - now;
}
