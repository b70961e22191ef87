import type { PeerReport } from "./protocol/types.ts";
import { isAlive } from "./report.ts";

/**
 * Where the peers of a node hear it. Behind an address translator only they know the port. A node that learns it names it as one of its
 * endpoints, so that others find it there, too.
 *
 * A peer may lie. So it adds a port and never an address: only an endpoint counts whose address the node itself names as its own. It counts
 * while the node, too, says that it hears that peer. And the hub tells the node alone, which names the endpoint itself or does not.
 */

/** One peer's word where it hears a node. */
export interface Hearing {
  readonly node: string;
  readonly endpoint: string;
}

/** An endpoint at which a node is heard, and by how many of its peers. */
export interface HeardAt {
  readonly endpoint: string;
  readonly by: number;
}

/** How long a word counts (milliseconds). It is repeated within half of that while it stays true. */
export const HEARD_MS = 60 * 60_000;
const REPEAT_MS = HEARD_MS / 2;
/** How many words a report may bring, and how many endpoints a node is told of. */
export const MOST_HEARINGS = 64;
export const MOST_HEARD = 3;

export const addressOf = (endpoint: string): string => endpoint.slice(0, endpoint.lastIndexOf(":"));

interface Reported {
  readonly at: number;
  readonly peers: readonly PeerReport[];
}

/**
 * What peers must be told of a report: where they are heard, as far as that is new, or has not been said for long.
 * @param before The report before. Null for the first one.
 * @param endpointsOf What a peer names as its endpoints.
 */
export function hearingsIn(
  report: Reported,
  before: Reported | null,
  endpointsOf: (node: string) => readonly string[],
): Hearing[] {
  const repeats = !before || turn(before.at) !== turn(report.at);
  const known = new Map(before?.peers.map(({ node, endpoint }) => [node, endpoint]));
  return report.peers
    .flatMap((peer) => {
      const { node, endpoint } = peer;
      if (endpoint === null || peer.path !== "direct" || !isAlive(peer, report.at)) return [];
      const isNews = repeats || known.get(node) !== endpoint;
      return isNews && isWorthSaying(endpoint, endpointsOf(node)) ? [{ node, endpoint }] : [];
    })
    .slice(0, MOST_HEARINGS);
}

const turn = (at: number): number => Math.floor(at / REPEAT_MS);

/** Whether the node names the address, and not this port alone. */
function isWorthSaying(endpoint: string, named: readonly string[]): boolean {
  const same = named.filter((one) => addressOf(one) === addressOf(endpoint));
  return same.length > 1 || (same.length === 1 && same[0] !== endpoint);
}

/**
 * The endpoints at which a node is heard, those that most peers say first, and of these those that were said first: so a single
 * liar displaces nothing.
 * @param words Of each peer its newest word, in the order in which they were first said.
 * @param node What the node itself reports.
 */
export function heardAt(
  words: readonly { readonly observer: string; readonly endpoint: string }[],
  node: { readonly endpoints: readonly string[]; readonly hears: ReadonlySet<string> },
): HeardAt[] {
  const addresses = new Set(node.endpoints.map(addressOf));
  const counts = new Map<string, number>();
  for (const { observer, endpoint } of words)
    if (node.hears.has(observer) && addresses.has(addressOf(endpoint)))
      counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
  return [...counts]
    .map(([endpoint, by]) => ({ endpoint, by }))
    .sort((one, other) => other.by - one.by)
    .slice(0, MOST_HEARD);
}

/**
 * How the address translator in front of a node maps its port (RFC 4787 §4.1). `none`: peers hear it where it is. `independent`:
 * all peers hear it at the same port, so that another one finds it there, too. `dependent`: each hears it at another port,
 * so none can be found by what others hear. Null when too few peers hear it.
 */
export type Mapping = "none" | "independent" | "dependent";

/** @param own The node's own endpoints, with the port on which it listens. */
export function mappingOf(heard: readonly HeardAt[], own: ReadonlySet<string>): Mapping | null {
  const mapped = heard.filter(({ endpoint }) => !own.has(endpoint));
  const ports = mapped.map(({ endpoint }) => addressOf(endpoint));
  if (new Set(ports).size < ports.length) return "dependent";
  if (mapped.some(({ by }) => by > 1)) return "independent";
  return heard.length > 0 && mapped.length === 0 ? "none" : null;
}

/**
 * What of it a node names to others: nothing that only the peer finds who said it. What several say stays, so that no liar
 * takes it away with another port.
 */
export const worthNaming = (heard: readonly HeardAt[]): string[] => {
  const isDoubtful = mappingOf(heard, new Set()) === "dependent";
  return heard.filter(({ by }) => !isDoubtful || by > 1).map(({ endpoint }) => endpoint);
};
