import type { PeerDocument } from "../../shared/node/config/types.ts";
import type { PathKind } from "../../shared/node/protocol/types.ts";
import { isOnEdge } from "../tunnel/paths.ts";

/** One way to send to a peer. */
export interface Candidate {
  readonly kind: PathKind;
  readonly endpoint: string;
}

/**
 * The ways to a peer, best first: its own endpoints, then the relays that carry the pair.
 * @param current The endpoint in use. WireGuard follows a peer to endpoints that no config names.
 */
export function candidatesOf(
  { endpoints, relays = [] }: Pick<PeerDocument, "endpoints" | "relays">,
  current: string | null,
): Candidate[] {
  const named: Candidate[] = [
    ...endpoints.map((endpoint) => ({ kind: "direct" as const, endpoint })),
    ...relays.flatMap((relay) => relay.endpoints.map((endpoint) => ({ kind: "relay" as const, endpoint }))),
  ];
  const isNamed = current === null || named.some(({ endpoint }) => endpoint === current);
  if (isNamed) return named;
  return isOnEdge(current)
    ? [...named, { kind: "edge", endpoint: current }]
    : [{ kind: "direct", endpoint: current }, ...named];
}
