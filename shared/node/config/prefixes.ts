import { formatFirst, formatPrefix, hostOf, type Prefix, prefixOf } from "../../net/prefix.ts";

export { contains, isDefaultRoute as isEverything, overlaps, type Prefix } from "../../net/prefix.ts";

/** Prefixes and addresses in their one spelling, so that equal texts are equal ranges. */

/** `10.0.0.0/8` or `fd00::/48`, or null when it is anything else. */
export function canonicalPrefix(text: string): Prefix | null {
  const prefix = prefixOf(text);
  return prefix && formatPrefix(prefix) === text ? prefix : null;
}

/** A single address, as the range that holds it alone. */
export function parseHost(text: string): Prefix | null {
  const host = hostOf(text);
  return host && formatFirst(host) === text ? host : null;
}
