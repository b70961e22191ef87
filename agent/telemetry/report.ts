import type { Assembled } from "../../shared/node/config/assemble.ts";
import type { PeerReport } from "../../shared/node/protocol/types.ts";
import type { WireguardDevice } from "../tunnel/machine.ts";
import { isOnEdge, pathOf } from "../tunnel/paths.ts";
import { wgText } from "../tunnel/wg-text.ts";

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
      endpoint: isOnEdge(state.endpoint) ? null : state.endpoint,
      path: pathOf(state, peer, nowMs),
    };
  });
}
