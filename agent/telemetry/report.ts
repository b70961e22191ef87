import type { Assembled } from "../../shared/node/config/assemble.ts";
import type { PeerReport } from "../../shared/node/protocol/types.ts";
import type { WireguardDevice } from "../tunnel/machine.ts";
import { wgText } from "../tunnel/wg-text.ts";

/** A path whose last handshake is older carries nothing (WireGuard's own limit for a session). */
const SESSION_MS = 180_000;

export function peerReports(
  config: Assembled | null,
  device: WireguardDevice | null,
  nowMs: number,
): PeerReport[] {
  const found = new Map(device?.peers.map((peer) => [peer.publicKey, peer]));
  return (config?.peers ?? []).flatMap(({ peer, record }) => {
    const state = found.get(wgText(record.wireguard));
    if (!state) return [];
    const handshakeAt = state.handshake === 0 ? null : state.handshake * 1_000;
    return {
      node: peer.node,
      handshakeAt,
      receivedBytes: state.receivedBytes,
      sentBytes: state.sentBytes,
      endpoint: state.endpoint,
      path:
        handshakeAt !== null && nowMs - handshakeAt < SESSION_MS ? ("direct" as const) : ("none" as const),
    };
  });
}
