import { formatFirst, formatPrefix, hostOf, type Prefix, prefixOf } from "../../net/prefix.ts";

export { contains, isDefaultRoute as isEverything, overlaps, type Prefix } from "../../net/prefix.ts";

/** Prefixes and addresses in their only spelling, so that equal ranges have equal texts. */

/** Reads `10.0.0.0/8` or `fd00::/48`. Null for any other text. */
export function canonicalPrefix(text: string): Prefix | null {
  const prefix = prefixOf(text);
  return prefix && formatPrefix(prefix) === text ? prefix : null;
}

/** Reads a single address as the range that contains only this address. */
export function parseHost(text: string): Prefix | null {
  const host = hostOf(text);
  return host && formatFirst(host) === text ? host : null;
}
