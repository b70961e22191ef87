import type { Hold } from "../../shared/node/segment-mesh.ts";

const MOST_NAMED = 100;

/** The holds that wait for an administrator: at most one for each reason, the newest. */
export class HoldStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Stores a hold. If a hold of this reason waits already, its start time stays. */
  set(hold: Hold): void {
    this.#sql.exec(
      `INSERT INTO holds (reason, revision, held_at, detail, nodes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (reason) DO UPDATE SET revision = excluded.revision, detail = excluded.detail, nodes = excluded.nodes`,
      hold.reason,
      hold.revision,
      hold.heldAt,
      hold.detail,
      JSON.stringify(hold.nodes.slice(0, MOST_NAMED)),
    );
  }

  clear(reason: Hold["reason"]): void {
    this.#sql.exec("DELETE FROM holds WHERE reason = ?", reason);
  }

  /** The revision of the waiting hold of this reason. Null when none waits. */
  revisionOf(reason: Hold["reason"]): number | null {
    return this.all().find((hold) => hold.reason === reason)?.revision ?? null;
  }

  all(): Hold[] {
    return this.#sql
      .exec<{ reason: Hold["reason"]; revision: number; held_at: number; detail: string; nodes: string }>(
        "SELECT * FROM holds ORDER BY reason",
      )
      .toArray()
      .map((row) => ({
        reason: row.reason,
        revision: row.revision,
        heldAt: row.held_at,
        detail: row.detail,
        nodes: JSON.parse(row.nodes) as Hold["nodes"],
      }));
  }
}
