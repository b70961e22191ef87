import { parseAddress } from "../../net/address.ts";

/** How often something may happen for one key. */
export interface Rate {
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * The codes that are mailed to one address, whoever asks. This limit keeps a mailbox from being flooded, and
 * the number of guesses small. Networks in which a code for the address was right before don't count: nobody
 * else can keep their people out.
 */
export const CODES_PER_ADDRESS: Rate = { limit: 20, windowMs: 60 * 60_000 };
/**
 * The codes that one client network asks for, for one address. It is a part of the limit above, so that one
 * network can't use up another's.
 */
export const CODES_PER_NETWORK_AND_ADDRESS: Rate = { limit: 5, windowMs: 60 * 60_000 };
/** For how long a network is known as one in which a code for an address was right. */
export const KNOWN_NETWORK_MS = 90 * 86_400_000;
/** The codes that one client network asks for. A whole office may share one address. */
export const CODES_PER_NETWORK: Rate = { limit: 30, windowMs: 60 * 60_000 };
/** The command lines that ask for a code, for one client network. */
export const DEVICES_PER_NETWORK: Rate = { limit: 30, windowMs: 60 * 60_000 };
/** The codes of command lines that people type, right or wrong, for one client network. */
export const USER_CODES_PER_NETWORK: Rate = { limit: 30, windowMs: 60 * 60_000 };
/** The sessions for apps that one signed-in command line opens. It keeps each, so it needs few. */
export const EXCHANGES: Rate = { limit: 60, windowMs: 10 * 60_000 };
/**
 * The sign-ins that begin in one client network, on one kind of host. A large office shares one address, so this is far
 * above what people do. It keeps strangers from filling the store of attempts.
 */
export const SIGN_INS_PER_NETWORK: Rate = { limit: 300, windowMs: 30_000 };
/** The tokens that programs of one client network ask for. Each request may cost the check of a signature. */
export const TOKENS_PER_NETWORK: Rate = { limit: 300, windowMs: 30_000 };
/** The programs that register themselves, for one client network. */
export const REGISTRATIONS_PER_NETWORK: Rate = { limit: 30, windowMs: 60 * 60_000 };
/** How often a command line may ask whether its person has agreed. */
export const POLL_SECONDS = 5;
/** A second less than is promised, because answers take different times. */
export const POLLS: Rate = { limit: 1, windowMs: (POLL_SECONDS - 1) * 1_000 };

/**
 * The network of a client, for counting what it does. A whole IPv6 site counts as one (RFC 6177: up to 48 bits are one
 * customer's), because it has more subnets than any limit could stand.
 */
export function limitedNetwork(address: string): string {
  const parsed = parseAddress(address);
  return parsed?.version === 6 ? `${parsed.bytes.slice(0, 6).join(".")}/48` : address;
}

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
