import type { PeerDocument, RelayedPath } from "../../shared/node/config/types.ts";
import { addressOf } from "../../shared/node/hearing.ts";
import type { PeerReport } from "../../shared/node/protocol/types.ts";
import type { WireguardPeer } from "./machine.ts";

/** A path whose last handshake is older carries nothing (WireGuard's own limit for a session). */
const SESSION_MS = 180_000;

/**
 * How the packets of a peer go.
 * @param peer What the config says of it.
 * @param nowMs The wall clock, by which WireGuard notes handshakes.
 */
export function pathOf(
  { endpoint, handshake }: WireguardPeer,
  peer: Pick<PeerDocument, "endpoints" | "relays">,
  nowMs: number,
): PeerReport["path"] {
  if (handshake === 0 || nowMs - handshake * 1_000 >= SESSION_MS) return "none";
  if (isOnEdge(endpoint)) return "edge";
  return endpoint !== null && relayAt(peer, endpoint) ? "relay" : "direct";
}

/** No endpoint of a peer lies on the loopback, but those of bridges: of this agent, or of the one that ran before. */
export const isOnEdge = (endpoint: string | null): boolean => endpoint?.startsWith("127.") ?? false;

/**
 * The relay at which a peer is, or null. A relay behind a translator may be heard at another port than the config says; its
 * address is enough where the peer itself has another one.
 */
export function relayAt(
  { endpoints, relays = [] }: Pick<PeerDocument, "endpoints" | "relays">,
  place: string,
): RelayedPath | null {
  const isThere = (endpoint: string) => addressOf(endpoint) === addressOf(place);
  const named = relays.find((relay) => relay.endpoints.includes(place));
  if (named || endpoints.some(isThere)) return named ?? null;
  return relays.find((relay) => relay.endpoints.some(isThere)) ?? null;
}
