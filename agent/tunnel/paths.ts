import type { PeerReport } from "../../shared/node/protocol/types.ts";
import type { WireguardPeer } from "./machine.ts";

/** A path whose last handshake is older carries nothing (WireGuard's own limit for a session). */
const SESSION_MS = 180_000;

/** How the packets of a peer go. @param nowMs The wall clock, by which WireGuard notes handshakes. */
export function pathOf({ endpoint, handshake }: WireguardPeer, nowMs: number): PeerReport["path"] {
  if (handshake === 0 || nowMs - handshake * 1_000 >= SESSION_MS) return "none";
  return isOnEdge(endpoint) ? "edge" : "direct";
}

/** No endpoint of a peer lies on the loopback, but those of bridges: of this agent, or of the one that ran before. */
export const isOnEdge = (endpoint: string | null): boolean => endpoint?.startsWith("127.") ?? false;
