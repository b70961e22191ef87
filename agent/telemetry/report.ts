import { networkInterfaces } from "node:os";
import type { PeerReport } from "../../shared/agent-protocol/types.ts";
import { WIRE_LIMITS } from "../../shared/agent-protocol/types.ts";
import type { Assembled } from "../../shared/node-config/assemble.ts";
import { wgText } from "../state/keys.ts";
import { canonicalAddress } from "../system/addresses.ts";
import type { WireguardDevice } from "../system/wg.ts";

/** A path without a handshake for longer than this carries nothing (WireGuard's own limit for a session). */
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

/** Where peers of the same site may reach this machine: its own addresses, but for those of the tunnel itself. */
export function localEndpoints(interfaceName: string, port: number): string[] {
  const addresses = Object.entries(networkInterfaces())
    .filter(([name]) => name !== interfaceName)
    .flatMap(([, list]) => list ?? [])
    .filter(({ internal, address }) => !internal && isReachable(address))
    .map(({ address, family }) => ({ family, address: canonicalAddress(address) ?? address }));
  const ordered = [
    ...addresses.filter((a) => a.family === "IPv4"),
    ...addresses.filter((a) => a.family !== "IPv4"),
  ];
  return ordered
    .map(({ address, family }) => (family === "IPv4" ? `${address}:${port}` : `[${address}]:${port}`))
    .slice(0, WIRE_LIMITS.endpoints);
}

/** Neither link-local nor multicast. */
const isReachable = (address: string): boolean => !/^(fe[89ab]|ff|169\.254\.|2[2-5]\d\.)/i.test(address);
