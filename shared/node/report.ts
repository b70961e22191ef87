import { compareSerials } from "./config/serial.ts";
import type { Serial } from "./config/types.ts";
import type { PeerReport } from "./protocol/types.ts";
import type { CheckedReport } from "./segment-mesh.ts";

/** How a segment's object judges the report of a node. */

export interface KnownOfNode {
  readonly handshake: number;
  readonly sequence: number;
  readonly issued: Serial | null;
  /** The ids of the node's peers. The node can't report about other nodes. */
  readonly peers: readonly string[];
}

/**
 * Judges a report. A report of an older session is a replay, and so is a report that came before. A state that was
 * never issued means that the hub was restored.
 */
export function judgeReport(
  report: Pick<CheckedReport, "handshake" | "sequence" | "applied">,
  known: KnownOfNode,
): "ok" | "replayed" | "applied_ahead" {
  if (report.handshake < known.handshake) return "replayed";
  if (report.handshake === known.handshake && report.sequence <= known.sequence) return "replayed";
  const { applied } = report;
  if (applied && (!known.issued || compareSerials(applied.serial, known.issued) > 0)) return "applied_ahead";
  return "ok";
}

/** What the node may report of its peers: each peer once, no other nodes, and no handshake in the future. */
export function visiblePeers(
  report: Pick<CheckedReport, "peers" | "receivedAt">,
  peers: readonly string[],
): PeerReport[] {
  const visible = new Set(peers);
  return report.peers.flatMap((peer) => {
    if (!visible.delete(peer.node)) return [];
    const isFuture = peer.handshakeAt !== null && peer.handshakeAt > report.receivedAt + FUTURE_MS;
    return [isFuture ? { ...peer, handshakeAt: null } : peer];
  });
}

/** How far clocks may differ. */
export const FUTURE_MS = 5 * 60_000;
/** WireGuard makes a new handshake every two minutes while packets flow. */
const ALIVE_MS = 180_000;

export const isAlive = (peer: PeerReport, at: number): boolean =>
  peer.path !== "none" && peer.handshakeAt !== null && peer.handshakeAt > at - ALIVE_MS;
