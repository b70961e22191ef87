import type { HitReport } from "../../shared/node/protocol/types.ts";
import type { SegmentHits } from "../../shared/node/segment-mesh.ts";
import { MOST_PACKETS, type RuleHits } from "../../shared/segments/hits.ts";

/** How many rules are kept. A network has fewer; those hit longest ago go first. */
const MOST_RULES = 4_096;
/** After a longer pause between two counts of a node, nobody knows what it did meanwhile. */
const PAUSE_MS = 15 * 60_000;
const MOST = Number.MAX_SAFE_INTEGER - MOST_PACKETS;

/** What the nodes of the segment counted for each rule, and since when each node counts. */
export class HitStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @param hits What is believed of a report. Empty when the node counted, and no rule decided anything. */
  note(node: string, hits: readonly HitReport[], now: number): void {
    this.#sql.exec(
      `INSERT INTO counting (node, since, at) VALUES (?1, ?2, ?2) ON CONFLICT (node) DO UPDATE SET
         since = iif(at < ?3, excluded.since, since), at = excluded.at`,
      node,
      now,
      now - PAUSE_MS,
    );
    for (const { rule, packets } of hits) {
      this.#sql.exec(
        `INSERT INTO hits (rule, packets, last_at) VALUES (?1, ?2, ?3) ON CONFLICT (rule) DO UPDATE SET
           packets = min(packets, ?4) + excluded.packets, last_at = max(last_at, excluded.last_at)`,
        rule,
        packets,
        now,
        MOST,
      );
    }
  }

  /** @param members The nodes of the segment that may count. */
  all(members: readonly string[]): SegmentHits {
    const rules = this.#sql
      .exec<{ rule: string; packets: number; last_at: number }>("SELECT rule, packets, last_at FROM hits")
      .toArray()
      .map(({ rule, packets, last_at }): RuleHits => ({ rule, packets, lastHitAt: last_at }));
    const since = new Map(
      this.#sql
        .exec<{ node: string; since: number }>("SELECT node, since FROM counting")
        .toArray()
        .map((row) => [row.node, row.since]),
    );
    const counting = members.flatMap((node) => since.get(node) ?? []);
    return {
      rules,
      since: counting.length === 0 ? null : Math.max(...counting),
      counting: counting.length,
      nodes: members.length,
    };
  }

  forget(node: string): void {
    this.#sql.exec("DELETE FROM counting WHERE node = ?", node);
  }

  clear(): void {
    this.#sql.exec("DELETE FROM hits");
    this.#sql.exec("DELETE FROM counting");
  }

  sweep(): void {
    this.#sql.exec(
      "DELETE FROM hits WHERE rule NOT IN (SELECT rule FROM hits ORDER BY last_at DESC LIMIT ?)",
      MOST_RULES,
    );
    this.#sql.exec(
      "DELETE FROM counting WHERE node NOT IN (SELECT node FROM members WHERE status <> 'gone')",
    );
  }
}
