import type { AuditEntry } from "../../shared/audit/types.ts";
import { insertFacets } from "./facets.ts";

/** Entries that are given their facets in one alarm. */
const BATCH = 2_000;

/** The leaf below which entries have no facets yet, since they are older than the search; 0 when all have. */
export const unindexedBelow = (sql: SqlStorage): number =>
  sql.exec<{ below: number }>("SELECT below FROM unindexed").one().below;

/**
 * Gives the newest of the entries that a search does not know yet their facets: what is searched is always one run of
 * leaves up to the newest.
 * @returns whether more are left.
 */
export function indexOlder(sql: SqlStorage): boolean {
  const end = unindexedBelow(sql);
  if (end === 0) return false;
  const rows = sql
    .exec<{ leaf: number; text: string }>(
      "SELECT leaf, text FROM entries WHERE leaf < ? ORDER BY leaf DESC LIMIT ?",
      end,
      BATCH,
    )
    .toArray();
  insertFacets(
    sql,
    rows.map(({ leaf, text }) => ({ leaf, entry: JSON.parse(text) as AuditEntry })),
  );
  const left = rows.length === BATCH ? (rows.at(-1)?.leaf ?? 0) : 0;
  sql.exec("UPDATE unindexed SET below = ?", left);
  return left > 0;
}
