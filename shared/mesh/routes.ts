import { classify, parseAddress } from "../http/address.ts";
import { contains, isEverything, overlaps, type Prefix, parsePrefix } from "../node-config/prefixes.ts";
import { err, ok, type Result } from "../result.ts";

/** Ranges that no machine forwards to: they mean something on each machine by itself. */
const OWN_TO_EACH_MACHINE = new Set(["unspecified", "loopback", "link_local", "multicast"]);

/**
 * A prefix that a node may forward to.
 *
 * @returns What is wrong with it, in words.
 */
export function parseRoute(
  text: string,
  overlay: { readonly ipv4: string; readonly ipv6: string },
): Result<Prefix, string> {
  const prefix = parsePrefix(text);
  if (!prefix) return err("must be a canonical prefix without host bits, such as 10.0.0.0/24");
  if (isEverything(prefix)) return ok(prefix);
  const address = parseAddress(text.slice(0, text.indexOf("/")));
  if (address && OWN_TO_EACH_MACHINE.has(classify(address))) {
    return err("must not be a loopback, link-local or multicast range");
  }
  for (const own of [overlay.ipv4, overlay.ipv6]) {
    const range = parsePrefix(own);
    if (range && overlaps(range, prefix)) return err(`must not overlap with the network's own range ${own}`);
  }
  return ok(prefix);
}

export interface ApprovedRoute {
  readonly node: string;
  readonly prefix: string;
}

/** The route of another node that shares addresses with this one. Exit routes stand beside all others. */
export function overlapOf(route: string, others: readonly ApprovedRoute[]): ApprovedRoute | null {
  const prefix = parsePrefix(route);
  if (!prefix || isEverything(prefix)) return null;
  for (const other of others) {
    const its = parsePrefix(other.prefix);
    if (its && !isEverything(its) && overlaps(its, prefix)) return other;
  }
  return null;
}

/** Of what was approved, what the node offers now, as itself or inside something larger. */
export function effectiveRoutes(approved: readonly string[], offered: readonly string[]): string[] {
  const offers = offered.map(parsePrefix).filter((prefix) => prefix !== null);
  return approved
    .filter((text) => {
      const prefix = parsePrefix(text);
      if (!prefix) return false;
      return offers.some((offer) => contains(offer, prefix) && isEverything(offer) === isEverything(prefix));
    })
    .sort();
}
