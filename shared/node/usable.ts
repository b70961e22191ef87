import { printable } from "../base/printable.ts";
import type { Result } from "../base/result.ts";
import { parseRoute } from "../segments/approved-routes.ts";
import { parseEndpoint } from "./config/endpoint.ts";
import { canonicalPrefix, contains, parseHost } from "./config/prefixes.ts";
import { PATH_KINDS, type PeerReport } from "./protocol/types.ts";
import { FUTURE_MS } from "./report.ts";

/**
 * The usable part of a node's report. Each part is judged by itself. Machines have addresses that can't be endpoints,
 * and such an address must not make the hub lose the rest of the report.
 */

export interface Usable {
  readonly taken: readonly string[];
  /** What was left out, and why, in words. */
  readonly leftOut: readonly string[];
}

interface Overlay {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** Endpoints in their only spelling, in the order in which the node prefers them. */
export function usableEndpoints(texts: readonly string[], overlay: Overlay): Usable {
  const ranges = [overlay.ipv4, overlay.ipv6].map(canonicalPrefix).filter((range) => range !== null);
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

const PATHS: readonly string[] = [...PATH_KINDS, "none"] satisfies PeerReport["path"][];
/** These words are for people, so they name no more than a person reads. */
const MOST_NAMED = 10;
const LONGEST_NAME = 80;

type SentPeer = Omit<PeerReport, "path"> & { readonly path: string };

/** The peers with a kind of path that this hub knows. */
export function knownPeers(peers: readonly SentPeer[]): {
  readonly taken: readonly PeerReport[];
  readonly leftOut: readonly string[];
} {
  const isKnown = (peer: SentPeer): peer is PeerReport => PATHS.includes(peer.path);
  const taken = peers.filter(isKnown);
  const words = [...new Set(peers.filter((peer) => !isKnown(peer)).map(({ path }) => path))];
  const count = peers.length - taken.length;
  const named = words.slice(0, MOST_NAMED).join(", ");
  return {
    taken,
    leftOut: count === 0 ? [] : [`peers by a path that the hub doesn't know (${count}): ${named}`],
  };
}

/**
 * The members that a schema skipped. Each place appears once with its count: `/peers/<any>/rtt (12 times): unknown to
 * the hub`.
 * @param sent The JSON as it came.
 * @param taken The same value after the schema read it.
 */
export function unknownMembers(sent: unknown, taken: unknown): string[] {
  const counts = new Map<string, number>();
  count(sent, taken, "", counts);
  const all = [...counts].map(
    ([place, times]) => `${place}${times > 1 ? ` (${times} times)` : ""}: unknown to the hub`,
  );
  const more = all.length - MOST_NAMED;
  return more > 0 ? [...all.slice(0, MOST_NAMED), `${more} more members: unknown to the hub`] : all;
}

function count(sent: unknown, taken: unknown, place: string, counts: Map<string, number>): void {
  if (typeof sent !== "object" || sent === null || typeof taken !== "object" || taken === null) return;
  for (const [name, value] of Object.entries(sent)) {
    const inside = `${place}/${Array.isArray(sent) ? "<any>" : printable(name)}`.slice(0, LONGEST_NAME);
    if (Object.hasOwn(taken, name)) count(value, (taken as Record<string, unknown>)[name], inside, counts);
    else counts.set(inside, (counts.get(inside) ?? 0) + 1);
  }
}

/** The parts about peers that are not believed: see `visiblePeers`. */
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
