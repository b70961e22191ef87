import { contains, hostOf, prefixOf } from "../../../net/prefix.ts";

/** From where people may enrol a first passkey without an invitation. */
export const FIRST_PASSKEY = ["anywhere", "networks", "invitation"] as const;

/** What an administrator set. `networks` holds prefixes, and counts for `networks` alone. */
export interface FirstPasskeyRule {
  readonly from: (typeof FIRST_PASSKEY)[number];
  readonly networks: readonly string[];
}

/**
 * Whether a first passkey is taken from this address. Whoever holds a person's password at the provider could enrol one
 * otherwise, and would have the second factor, too. An invitation is good from everywhere.
 *
 * @param address The client's IP address, as the platform says it. What is none is in no network.
 */
export function isFirstTaken({ from, networks }: FirstPasskeyRule, address: string): boolean {
  if (from === "anywhere") return true;
  const host = from === "networks" ? hostOf(address) : null;
  return host !== null && networks.some((network) => isIn(network, host));
}

function isIn(network: string, host: NonNullable<ReturnType<typeof hostOf>>): boolean {
  const prefix = prefixOf(network);
  return prefix !== null && contains(prefix, host);
}
