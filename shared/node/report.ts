import { compareSerials } from "./config/serial.ts";
import type { Serial } from "./config/types.ts";
import type { PeerReport } from "./protocol/types.ts";
import type { CheckedReport } from "./segment-mesh.ts";

/** What a segment's object makes of a node's report. */

export interface KnownOfNode {
  readonly handshake: number;
  readonly sequence: number;
  readonly issued: Serial | null;
  /** Ids of its peers: it can say nothing about others. */
  readonly peers: readonly string[];
}

/** A report of an older session, or one that was seen, is a replay; a state that was never issued is a restored hub. */
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

/** What it may say of its peers: each once, none of others, no handshake in the future. */
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

/** As far as clocks may differ. */
export const FUTURE_MS = 5 * 60_000;
/** WireGuard makes a new handshake every two minutes while packets flow. */
const ALIVE_MS = 180_000;

export const isAlive = (peer: PeerReport, at: number): boolean =>
  peer.path === "direct" && peer.handshakeAt !== null && peer.handshakeAt > at - ALIVE_MS;
