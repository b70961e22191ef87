import type { PeerDocument, RelayedPath } from "../../shared/node/config/types.ts";
import type { PathKind } from "../../shared/node/protocol/types.ts";
import { isOnEdge, relayAt } from "../tunnel/paths.ts";

/** One way to send to a peer. */
export interface Candidate {
  readonly kind: PathKind;
  readonly endpoint: string;
  /** The leg, of a path by a relay. */
  readonly by?: LegName;
}

/** The relay of a leg, and what its port is asked with. */
export type LegName = Pick<RelayedPath, "node" | "leg" | "probeKey">;

/**
 * The ways to a peer, best first: its own endpoints, then the relays that carry the pair.
 * @param current The endpoint in use. WireGuard follows a peer to endpoints that no config names.
 */
export function candidatesOf(
  peer: Pick<PeerDocument, "endpoints" | "relays">,
  current: string | null,
): Candidate[] {
  const { endpoints, relays = [] } = peer;
  const named: Candidate[] = [
    ...endpoints.map((endpoint) => ({ kind: "direct" as const, endpoint })),
    ...relays.flatMap((relay) => relay.endpoints.map((endpoint) => relayed(endpoint, relay))),
  ];
  const isNamed = current === null || named.some(({ endpoint }) => endpoint === current);
  if (isNamed) return named;
  if (isOnEdge(current)) return [...named, { kind: "edge", endpoint: current }];
  const relay = relayAt(peer, current);
  return relay ? [...named, relayed(current, relay)] : [{ kind: "direct", endpoint: current }, ...named];
}

const relayed = (endpoint: string, { node, leg, probeKey }: LegName): Candidate => ({
  kind: "relay",
  endpoint,
  by: { node, leg, probeKey },
});
