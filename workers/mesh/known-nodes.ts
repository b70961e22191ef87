import { FACT_COLUMNS, type FactRow, factValuesOf } from "../../shared/registry/node-facts.ts";
import { STANDING } from "../../shared/registry/node-rows.ts";
import type { NodeStatus } from "../../shared/registry/node-status.ts";
import type { FactValues } from "../../shared/segments/criteria/facts.ts";
import type { Named } from "../../shared/segments/microsegment.ts";

/** A node with all that criteria may read of it. */
export interface KnownNode extends Named {
  readonly name: string;
  readonly status: NodeStatus;
  readonly home: string;
  readonly facts: FactValues;
}

type Row = FactRow & { readonly id: string; readonly status: NodeStatus; readonly home: string };

const SELECT = `SELECT n.id, n.name, n.tags, u.email AS user, ${STANDING} AS status, s.name AS home, ${FACT_COLUMNS}
  FROM nodes n JOIN segments s ON s.id = n.segment_id LEFT JOIN users u ON u.id = n.user_id`;

const known = (row: Row, now: number): KnownNode => ({
  id: row.id,
  name: row.name,
  tags: JSON.parse(row.tags) as string[],
  user: row.user,
  status: row.status,
  home: row.home,
  facts: factValuesOf(row, row.home, now),
});

/** At most `limit` nodes after the id, by id. */
export async function knownNodes(
  db: D1Database,
  after: string,
  limit: number,
  now: number,
): Promise<KnownNode[]> {
  const { results } = await db
    .prepare(`${SELECT} WHERE n.id > ? ORDER BY n.id LIMIT ?`)
    .bind(after, limit)
    .all<Row>();
  return results.map((row) => known(row, now));
}

export async function knownNode(db: D1Database, id: string, now: number): Promise<KnownNode | null> {
  const row = await db.prepare(`${SELECT} WHERE n.id = ?`).bind(id).first<Row>();
  return row && known(row, now);
}
