import type { Condition, NodeFactsReport, PeerReport } from "../../shared/agent-protocol/types.ts";
import type { CheckedReport } from "../../shared/mesh/types.ts";
import type { Serial } from "../../shared/node-config/types.ts";

const HOUR_MS = 3_600_000;
const KEEP_HOURS = 31 * 24;

/** The newest report of a node. */
export interface StoredReport {
  readonly handshake: number;
  readonly sequence: number;
  readonly at: number;
  readonly applied: { readonly serial: Serial; readonly manifest: string } | null;
  readonly applyError: string | null;
  readonly facts: NodeFactsReport | null;
  readonly clockSkewMs: number;
  readonly peers: readonly PeerReport[];
  readonly conditions: readonly Condition[];
}

type Row = {
  handshake: number;
  sequence: number;
  at: number;
  applied: string | null;
  apply_error: string | null;
  facts: string | null;
  clock_skew: number;
  peers: string;
  conditions: string;
};

/** What nodes reported last, and sums by hour. */
export class ReportStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(node: string): StoredReport | null {
    const [row] = this.#sql.exec<Row>("SELECT * FROM reports WHERE node = ?", node).toArray();
    if (!row) return null;
    return {
      handshake: row.handshake,
      sequence: row.sequence,
      at: row.at,
      applied: row.applied === null ? null : JSON.parse(row.applied),
      applyError: row.apply_error,
      facts: row.facts === null ? null : JSON.parse(row.facts),
      clockSkewMs: row.clock_skew,
      peers: JSON.parse(row.peers) as PeerReport[],
      conditions: JSON.parse(row.conditions) as Condition[],
    };
  }

  /** @param peers Those of the report that the node may speak of. Facts and conditions that are left out stay as they were. */
  put(node: string, report: CheckedReport, peers: readonly PeerReport[], before: StoredReport | null): void {
    this.#sql.exec(
      `INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (node) DO UPDATE SET
         handshake = excluded.handshake, sequence = excluded.sequence, at = excluded.at, applied = excluded.applied,
         apply_error = excluded.apply_error, facts = coalesce(excluded.facts, facts),
         clock_skew = excluded.clock_skew, peers = excluded.peers, conditions = excluded.conditions`,
      node,
      report.handshake,
      report.sequence,
      report.receivedAt,
      report.applied && JSON.stringify(report.applied),
      report.applyError,
      report.facts ? JSON.stringify(report.facts) : null,
      report.clockSkewMs,
      JSON.stringify(peers),
      JSON.stringify(report.conditions ?? before?.conditions ?? []),
    );
    this.#addToHour(report, peers, before);
  }

  forget(node: string): void {
    this.#sql.exec("DELETE FROM reports WHERE node = ?", node);
  }

  sweep(now: number): void {
    this.#sql.exec("DELETE FROM hours WHERE hour < ?", Math.floor(now / HOUR_MS) - KEEP_HOURS);
  }

  #addToHour(report: CheckedReport, peers: readonly PeerReport[], before: StoredReport | null): void {
    const earlier = new Map((before?.peers ?? []).map((peer) => [peer.node, peer]));
    // A counter that went back began anew.
    const grown = (now: number, then: number) => (now >= then ? now - then : now);
    const sum = (column: "receivedBytes" | "sentBytes") =>
      peers.reduce(
        (total, peer) => total + grown(peer[column], earlier.get(peer.node)?.[column] ?? peer[column]),
        0,
      );
    this.#sql.exec(
      `INSERT INTO hours VALUES (?, 1, ?, ?, ?) ON CONFLICT (hour) DO UPDATE SET reports = reports + 1,
         failures = failures + excluded.failures, received = received + excluded.received, sent = sent + excluded.sent`,
      Math.floor(report.receivedAt / HOUR_MS),
      report.applyError === null ? 0 : 1,
      Math.min(sum("receivedBytes"), Number.MAX_SAFE_INTEGER),
      Math.min(sum("sentBytes"), Number.MAX_SAFE_INTEGER),
    );
  }
}
