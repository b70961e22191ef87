/** How often something may happen for one key. */
export interface Rate {
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * The codes that are mailed to one address, whoever asks. This limit keeps a mailbox from being flooded, and
 * the number of guesses small.
 */
export const CODES_PER_ADDRESS: Rate = { limit: 6, windowMs: 60 * 60_000 };
/** The codes that one client network asks for. A whole office may share one address. */
export const CODES_PER_NETWORK: Rate = { limit: 30, windowMs: 60 * 60_000 };
/** The command lines that ask for a code, for one client network. */
export const DEVICES_PER_NETWORK: Rate = { limit: 30, windowMs: 60 * 60_000 };
/** The codes of command lines that people type, right or wrong, for one client network. */
export const USER_CODES_PER_NETWORK: Rate = { limit: 30, windowMs: 60 * 60_000 };
/** How often a command line may ask whether its person has agreed. */
export const POLL_SECONDS = 5;
/** A second less than is promised, because answers take different times. */
export const POLLS: Rate = { limit: 1, windowMs: (POLL_SECONDS - 1) * 1_000 };

/**
 * Milliseconds until the next time is allowed, or 0 if it is allowed now.
 *
 * @param times The last times that it happened, in any order. Times before the window don't count.
 */
export function waitOf(times: readonly number[], { limit, windowMs }: Rate, now: number): number {
  const recent = times.filter((time) => time > now - windowMs).sort((a, b) => b - a);
  const decisive = recent[limit - 1];
  return decisive === undefined ? 0 : decisive + windowMs - now;
}
