import { isTraffic } from "../../shared/audit/receipts.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import type { PlacedEntry } from "./entries.ts";
import { insertRows } from "./rows.ts";

/** Rows of one delivery; six parameters each, 16 rows in a statement. */
const BATCH = 96;
const ROWS_PER_STATEMENT = 16;

/** Notes, in the transaction of the append, which entries the registry's `audit_index` must learn of. */
export function noteForIndex(sql: SqlStorage, placed: readonly PlacedEntry[]): void {
  const events = placed.filter(({ entry }) => entry.kind !== "decision" && !isTraffic(entry));
  insertRows(
    sql,
    "index_outbox",
    events.map(({ leaf }) => ({ leaf })),
  );
}

/**
 * Delivers noted entries to D1 and forgets them once they are there. Repeating it is harmless.
 * @returns whether more are waiting.
 */
export async function deliverToIndex(sql: SqlStorage, db: D1Database): Promise<boolean> {
  const rows = sql
    .exec<{ leaf: number; text: string }>(
      `SELECT leaf, text FROM index_outbox JOIN entries USING (leaf) ORDER BY leaf LIMIT ${BATCH}`,
    )
    .toArray();
  const last = rows.at(-1);
  if (!last) return false;
  const statements: D1PreparedStatement[] = [];
  for (let i = 0; i < rows.length; i += ROWS_PER_STATEMENT) {
    const some = rows.slice(i, i + ROWS_PER_STATEMENT);
    statements.push(
      db
        .prepare(
          `INSERT OR IGNORE INTO audit_index (leaf, at, kind, actor, action, target)
           VALUES ${some.map(() => "(?, ?, ?, ?, ?, ?)").join(", ")}`,
        )
        .bind(...some.flatMap(indexColumns)),
    );
  }
  await db.batch(statements);
  sql.exec("DELETE FROM index_outbox WHERE leaf <= ?", last.leaf);
  return rows.length === BATCH;
}

function indexColumns({ leaf, text }: { leaf: number; text: string }): (string | number)[] {
  const { at, kind, actor, action, target } = JSON.parse(text) as EventEntry;
  return [leaf, at, kind, actor, action, target];
}
