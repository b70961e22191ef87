import { err, ok, type Result } from "../base/result.ts";
import { isRefusal, readRoute } from "../node/config/check-addresses.ts";
import { canonicalPrefix, contains, isEverything, overlaps, type Prefix } from "../node/config/prefixes.ts";

/**
 * Reads a prefix that a node may forward to. It refuses every route that nodes would refuse. One bad route in a config
 * would keep every node that receives it from all later changes.
 * @returns Why the text is refused, in words, or the route.
 */
export function parseRoute(
  text: string,
  overlay: { readonly ipv4: string; readonly ipv6: string },
): Result<Prefix, string> {
  if (!canonicalPrefix(text)) return err("must be a canonical prefix without host bits, such as 10.0.0.0/24");
  const [ipv4, ipv6] = [canonicalPrefix(overlay.ipv4), canonicalPrefix(overlay.ipv6)];
  if (!ipv4 || !ipv6) return err("can't be judged without the network's own ranges");
  const route = readRoute(text, { ipv4, ipv6 }, "route");
  return isRefusal(route)
    ? err(
        "must not be shorter than /8 (IPv4) or /16 (IPv6), nor overlap with the network's own ranges or those that are never forwarded to (loopback, link-local, multicast, reserved)",
      )
    : ok(route);
}

export interface ApprovedRoute {
  readonly node: string;
  readonly prefix: string;
}

/** The route of another node that shares addresses with this route. Exit routes may stand beside all other routes. */
export function overlapOf(route: string, others: readonly ApprovedRoute[]): ApprovedRoute | null {
  const prefix = canonicalPrefix(route);
  if (!prefix || isEverything(prefix)) return null;
  for (const other of others) {
    const its = canonicalPrefix(other.prefix);
    if (its && !isEverything(its) && overlaps(its, prefix)) return other;
  }
  return null;
}

/** The approved routes that the node offers now, either exactly or inside a larger route. */
export function effectiveRoutes(approved: readonly string[], offered: readonly string[]): string[] {
  const offers = offered.map(canonicalPrefix).filter((prefix) => prefix !== null);
  return approved
    .filter((text) => {
      const prefix = canonicalPrefix(text);
      if (!prefix) return false;
      return offers.some((offer) => contains(offer, prefix) && isEverything(offer) === isEverything(prefix));
    })
    .sort();
}
