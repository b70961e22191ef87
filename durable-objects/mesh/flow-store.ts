import type { FlowReport } from "../../shared/node/protocol/types.ts";
import type { SegmentFlows } from "../../shared/node/segment-mesh.ts";
import { flowGraph, type NodeFlows } from "../../shared/segments/flow-graph.ts";
import {
  isFull,
  type LedgerFlow,
  MOST_PER_SEGMENT,
  noteFlows,
  RETENTION_MS,
  shareOf,
} from "../../shared/segments/flow-ledger.ts";
import type { Watch } from "../../shared/segments/suggest/watch.ts";

/** How many flows one answer holds. */
const MOST_TOLD = 5_000;
/** How many stored flows are read for one answer, so that a large segment does not fill the memory. */
const MOST_READ = MOST_PER_SEGMENT;

/** The flows that each node of the segment reported. */
export class FlowStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @param most How many flows of this node are kept. */
  note(
    node: string,
    { flows, refused }: { readonly flows: readonly FlowReport[]; readonly refused: number },
    most: number,
    now: number,
  ): void {
    const known = this.#sql.exec<{ flows: string }>("SELECT flows FROM flows WHERE node = ?", node).toArray();
    const ledger = JSON.parse(known[0]?.flows ?? "[]") as LedgerFlow[];
    this.#sql.exec(
      `INSERT INTO flows (node, at, since, flows, refused) VALUES (?1, ?2, ?2, ?3, ?4) ON CONFLICT (node) DO UPDATE SET
         at = excluded.at, flows = excluded.flows, refused = refused + excluded.refused`,
      node,
      now,
      JSON.stringify(noteFlows(ledger, flows, most, now)),
      refused,
    );
  }

  /**
   * Notes that a node reported which reports flows, however few it has.
   * @param isBlind The node could not read its flows, so what it reported before says nothing of what it did since.
   */
  heard(node: string, isBlind: boolean, now: number): void {
    this.#sql.exec(
      `INSERT INTO flows (node, at, since, flows) VALUES (?1, ?2, ?2, '[]')
       ON CONFLICT (node) DO UPDATE SET since = excluded.since WHERE ?3`,
      node,
      now,
      isBlind ? 1 : 0,
    );
  }

  /** @param nodes How many nodes the segment has: each has an equal share of what is kept. */
  watch(nodes: number, now: number): Watch {
    const reports: NodeFlows[] = [];
    const watched: Watch["nodes"][number][] = [];
    const most = shareOf(nodes);
    let read = 0;
    const rows = this.#sql.exec<{ node: string; flows: string; since: number; heard: number | null }>(
      `SELECT f.node, f.flows, f.since, r.at AS heard FROM flows f LEFT JOIN reports r ON r.node = f.node
       ORDER BY f.at DESC`,
    );
    for (const { node, flows: text, since, heard } of rows) {
      const flows = JSON.parse(text) as LedgerFlow[];
      read += flows.length;
      if (read > MOST_READ) break;
      reports.push({ node, flows });
      watched.push({ node, since, heardAt: heard ?? since, complete: !isFull(flows, most) });
    }
    return { flows: flowGraph(reports, now), nodes: watched, truncated: read > MOST_READ };
  }

  graph(now: number, around?: string): SegmentFlows {
    const [first] = this.#sql.exec<{ refused: number | null }>("SELECT sum(refused) AS refused FROM flows");
    let read = 0;
    let truncated = false;
    const reports: NodeFlows[] = [];
    const rows = this.#sql.exec<{ node: string; flows: string }>(
      "SELECT node, flows FROM flows ORDER BY at DESC",
    );
    for (const { node, flows } of rows) {
      const concerns = ({ peer }: LedgerFlow) => around === undefined || around === node || around === peer;
      const own = (JSON.parse(flows) as LedgerFlow[]).filter(concerns);
      read += own.length;
      if (read > MOST_READ) {
        truncated = true;
        break;
      }
      reports.push({ node, flows: own });
    }
    const graph = flowGraph(reports, now);
    return {
      flows: graph.slice(0, MOST_TOLD),
      truncated: truncated || graph.length > MOST_TOLD,
      refused: first?.refused ?? 0,
    };
  }

  forget(node: string): void {
    this.#sql.exec("DELETE FROM flows WHERE node = ?", node);
  }

  clear(): void {
    this.#sql.exec("DELETE FROM flows");
  }

  /** Forgets the flows of nodes that reported none for very long, and nodes that are not in the segment any more. */
  sweep(now: number): void {
    this.#sql.exec("DELETE FROM flows WHERE node NOT IN (SELECT node FROM members WHERE status <> 'gone')");
    this.#sql.exec("UPDATE flows SET flows = '[]' WHERE at <= ? AND flows <> '[]'", now - RETENTION_MS);
  }
}
