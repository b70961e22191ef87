import type { Result } from "../base/result.ts";
import { parseRoute } from "../segments/approved-routes.ts";
import { parseEndpoint } from "./config/endpoint.ts";
import { contains, parseHost, parsePrefix } from "./config/prefixes.ts";
import type { PeerReport } from "./protocol/types.ts";
import { FUTURE_MS } from "./report.ts";

/**
 * What of a node's report can be used. Each part is judged for itself: machines have addresses that are no endpoint, and
 * one of them must not cost the hub all that the node has to say.
 */

export interface Usable {
  readonly taken: readonly string[];
  /** What was left out and why, in words. */
  readonly leftOut: readonly string[];
}

interface Overlay {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** Endpoints in their one spelling, in the order in which the node prefers them. */
export function usableEndpoints(texts: readonly string[], overlay: Overlay): Usable {
  const ranges = [overlay.ipv4, overlay.ipv6].map(parsePrefix).filter((range) => range !== null);
  const inOverlay = (address: string) => {
    const host = parseHost(address);
    return host !== null && ranges.some((range) => contains(range, host));
  };
  return sorted("endpoint", texts, (text) => parseEndpoint(text, inOverlay));
}

export const usableRoutes = (texts: readonly string[], overlay: Overlay): Usable =>
  sorted("route", texts, (text) => {
    const route = parseRoute(text, overlay);
    return route.ok ? { ok: true, value: text } : route;
  });

/** What is not believed of the peers: see `visiblePeers`. */
export function oddPeers(self: string, peers: readonly PeerReport[], now: number): string[] {
  const future = peers.filter(({ handshakeAt }) => handshakeAt !== null && handshakeAt > now + FUTURE_MS);
  return [
    ...(future.length > 0 ? [`handshakes with ${future.length} peers that lie in the future`] : []),
    ...(peers.some(({ node }) => node === self) ? ["itself as a peer"] : []),
  ];
}

function sorted(
  what: string,
  texts: readonly string[],
  read: (text: string) => Result<string, string>,
): Usable {
  const taken: string[] = [];
  const leftOut: string[] = [];
  for (const text of texts) {
    const result = read(text);
    if (result.ok) taken.push(result.value);
    else leftOut.push(`${what} ${text}: ${result.error}`);
  }
  return { taken, leftOut };
}
