import { comparePrefixes, contains, isDefaultRoute, overlaps, type Prefix } from "../../net/prefix.ts";
import { parseEndpoint } from "./endpoint.ts";
import { canonicalPrefix, parseHost } from "./prefixes.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import type { Overlay } from "./root-check.ts";

/** Which addresses, routes and endpoints a node accepts. Each function returns a refusal, or null. */

export interface Addresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

export function addressFault(
  { ipv4, ipv6 }: Addresses,
  overlay: Overlay,
  where: string,
): ConfigRefusal | null {
  for (const [text, range] of [
    [ipv4, overlay.ipv4],
    [ipv6, overlay.ipv6],
  ] as const) {
    const host = parseHost(text);
    if (!host || host.version !== range.version) {
      return refused(
        "ADDRESS_INVALID",
        where,
        `${text} is no IPv${range.version} address in its only spelling.`,
      ).error;
    }
    // The first address of a range names the network, and the last address names everyone in it.
    if (!contains(range, host) || host.first === range.first || host.last === range.last) {
      return refused("ADDRESS_OUTSIDE_OVERLAY", where, `${text} is not for a node of this network.`).error;
    }
  }
  return null;
}

/** Reads a route, or says why it is not accepted. */
export function readRoute(text: string, overlay: Overlay, where: string): Prefix | ConfigRefusal {
  const prefix = canonicalPrefix(text);
  if (!prefix) return refused("ROUTE_INVALID", where, `${text} is no prefix in its only spelling.`).error;
  if (isDefaultRoute(prefix)) return prefix;
  const forbidden = [overlay.ipv4, overlay.ipv6, ...NEVER_ROUTED].find((range) => overlaps(range, prefix));
  if (forbidden || prefix.length < LEAST_LENGTH[prefix.version]) {
    return refused("ROUTE_FORBIDDEN", where, `${text} holds addresses that are never routed to a peer.`)
      .error;
  }
  return prefix;
}

export const isRefusal = (read: Prefix | ConfigRefusal): read is ConfigRefusal => "code" in read;

export interface OwnedRoute {
  readonly owner: string;
  readonly text: string;
  readonly prefix: Prefix;
}

/**
 * Finds two owners of one address, or null. Two prefixes either nest or are disjoint, so the outermost prefix so far is
 * enough to compare with.
 */
export function routeOverlap(routes: readonly OwnedRoute[]): readonly [OwnedRoute, OwnedRoute] | null {
  const sorted = [...routes].sort((a, b) => comparePrefixes(a.prefix, b.prefix));
  let outermost: OwnedRoute | undefined;
  for (const route of sorted) {
    if (outermost && contains(outermost.prefix, route.prefix)) {
      if (outermost.owner !== route.owner) return [outermost, route];
    } else outermost = route;
  }
  return null;
}

/** Checks an endpoint: `address:port` or `[address]:port` that a packet may be sent to, in its only spelling. */
export function endpointFault(text: string, overlay: Overlay, where: string): ConfigRefusal | null {
  const endpoint = parseEndpoint(text, (address) => {
    const host = parseHost(address);
    return host === null || overlaps(overlay.ipv4, host) || overlaps(overlay.ipv6, host);
  });
  const why = endpoint.ok ? "must be in its one spelling" : endpoint.error;
  return endpoint.ok && endpoint.value === text
    ? null
    : refused("ENDPOINT_INVALID", where, `The endpoint ${JSON.stringify(text)} ${why}.`).error;
}

const prefixes = (...texts: readonly string[]): readonly Prefix[] =>
  texts.map(canonicalPrefix).filter((prefix) => prefix !== null);

/** This host, loopback, link-local (where clouds keep their metadata), multicast and unassigned addresses. */
const NEVER_ROUTED = prefixes(
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/3",
  "::/8",
  "fe80::/10",
  "ff00::/8",
);
/** The least length of a prefix. A shorter prefix would be an exit route under another name. */
const LEAST_LENGTH = { 4: 8, 6: 16 } as const;
