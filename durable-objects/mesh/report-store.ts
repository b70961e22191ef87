import type { Serial } from "../../shared/node/config/types.ts";
import type { Condition, NodeFactsReport, PeerReport } from "../../shared/node/protocol/types.ts";
import type { RulesetVerdict } from "../../shared/node/ruleset.ts";
import type { CheckedReport, LiveNode } from "../../shared/node/segment-mesh.ts";

/** The newest report of a node. */
export interface StoredReport {
  readonly handshake: number;
  readonly sequence: number;
  readonly at: number;
  readonly applied: { readonly serial: Serial; readonly manifest: string } | null;
  readonly applyError: string | null;
  readonly facts: NodeFactsReport | null;
  /** When the facts were measured, by the hub's clock. */
  readonly factsAt: number | null;
  /** The address from which the node reported, or null if the platform states none. */
  readonly address: string | null;
  readonly clockSkewMs: number;
  readonly leftOut: readonly string[];
  readonly peers: readonly PeerReport[];
  readonly conditions: readonly Condition[];
  readonly ruleset: LiveNode["ruleset"];
  readonly drifts: LiveNode["drifts"];
}

type Row = {
  handshake: number;
  sequence: number;
  at: number;
  applied: string | null;
  apply_error: string | null;
  facts: string | null;
  facts_at: number | null;
  address: string | null;
  clock_skew: number;
  peers: string;
  conditions: string;
  left_out: string;
  ruleset: RulesetVerdict | null;
  ruleset_since: number | null;
  ruleset_at: number | null;
  drifts_ever: number;
  drifted_at: number | null;
};

/** A node that drifts all the time, or says so, fills the audit log with one entry of a kind in this time. */
const TOLD_APART_MS = 10 * 60_000;

/** The newest report of each node. */
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
      factsAt: row.facts_at,
      address: row.address,
      clockSkewMs: row.clock_skew,
      leftOut: JSON.parse(row.left_out) as string[],
      peers: JSON.parse(row.peers) as PeerReport[],
      conditions: JSON.parse(row.conditions) as Condition[],
      ruleset: row.ruleset && {
        verdict: row.ruleset,
        since: row.ruleset_since ?? 0,
        checkedAt: row.ruleset_at ?? 0,
      },
      drifts: { count: row.drifts_ever, lastAt: row.drifted_at },
    };
  }

  /**
   * @param peers The peers of the report that the node may report about. A member that the report leaves out stays
   *   unchanged.
   */
  put(node: string, report: CheckedReport, peers: readonly PeerReport[], before: StoredReport | null): void {
    this.#sql.exec(
      `INSERT INTO reports (node, handshake, sequence, at, applied, apply_error, facts, facts_at, address, clock_skew,
         peers, conditions, left_out)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (node) DO UPDATE SET
         handshake = excluded.handshake, sequence = excluded.sequence, at = excluded.at, applied = excluded.applied,
         apply_error = excluded.apply_error, facts = coalesce(excluded.facts, facts),
         facts_at = coalesce(excluded.facts_at, facts_at), address = excluded.address,
         clock_skew = excluded.clock_skew, peers = excluded.peers, conditions = excluded.conditions,
         left_out = excluded.left_out`,
      node,
      report.handshake,
      report.sequence,
      report.receivedAt,
      report.applied && JSON.stringify(report.applied),
      report.applyError,
      report.facts ? JSON.stringify(report.facts) : null,
      report.facts ? measuredAt(report.facts, report.receivedAt) : null,
      report.address,
      report.clockSkewMs,
      JSON.stringify(peers),
      JSON.stringify(report.conditions ?? before?.conditions ?? []),
      JSON.stringify(report.leftOut ?? before?.leftOut ?? []),
    );
  }

  /**
   * Counts drifts of the node.
   * @returns How many the audit log must hear of now: all since it last heard of some, or 0 when that was just now.
   */
  countDrifts(node: string, count: number, now: number): number {
    if (count === 0) return 0;
    const [row] = this.#sql.exec<{ drifts: number; drifts_told_at: number }>(
      `UPDATE reports SET drifts = drifts + ?1, drifts_ever = min(drifts_ever + ?1, ?2), drifted_at = ?3 WHERE node = ?4
       RETURNING drifts, drifts_told_at`,
      count,
      Number.MAX_SAFE_INTEGER - count,
      now,
      node,
    );
    if (!row || now - row.drifts_told_at < TOLD_APART_MS) return 0;
    this.#sql.exec("UPDATE reports SET drifts = 0, drifts_told_at = ? WHERE node = ?", now, node);
    return row.drifts;
  }

  /**
   * Notes how the node's ruleset compares with what was compiled for it.
   * @returns Whether the audit log must hear of it: it differs, and did not before.
   */
  noteRuleset(node: string, verdict: RulesetVerdict, now: number): boolean {
    const [before] = this.#sql
      .exec<{ ruleset: RulesetVerdict | null; ruleset_told_at: number }>(
        "SELECT ruleset, ruleset_told_at FROM reports WHERE node = ?",
        node,
      )
      .toArray();
    if (!before) return false;
    this.#sql.exec(
      `UPDATE reports SET ruleset = ?1, ruleset_at = ?2, ruleset_since = iif(ruleset IS ?1, ruleset_since, ?2)
       WHERE node = ?3`,
      verdict,
      now,
      node,
    );
    if (verdict !== "differs" || before.ruleset === "differs") return false;
    if (now - before.ruleset_told_at < TOLD_APART_MS) return false;
    this.#sql.exec("UPDATE reports SET ruleset_told_at = ? WHERE node = ?", now, node);
    return true;
  }

  forget(node: string): void {
    this.#sql.exec("DELETE FROM reports WHERE node = ?", node);
  }

  /** Forgets the reports of nodes that are not in the segment any more. */
  sweep(): void {
    this.#sql.exec("DELETE FROM reports WHERE node NOT IN (SELECT node FROM members WHERE status <> 'gone')");
  }
}

/** A node may have measured earlier than it reports, and never later. */
const measuredAt = (facts: NodeFactsReport, receivedAt: number): number =>
  Math.min(facts.measuredAt ?? receivedAt, receivedAt);
