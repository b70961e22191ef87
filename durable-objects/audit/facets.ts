import { termsOf } from "../../shared/audit/terms.ts";
import type { PlacedEntry } from "./entries.ts";

/**
 * One narrow row for each entry, of numbers alone: a search reads a million of them in less time than a person waits for.
 * The numbers stand for terms (`shared/audit/terms.ts`), each of which is stored once.
 */
export function insertFacets(sql: SqlStorage, placed: readonly Pick<PlacedEntry, "leaf" | "entry">[]): void {
  if (placed.length === 0) return;
  const rows = placed.map(({ leaf, entry }) => {
    const { outcome, code, app, person, subject } = termsOf(entry);
    return [leaf, entry.at, outcome, code, app, person, subject];
  });
  const terms = new Set(rows.flatMap((row) => row.slice(3)).filter((term) => term !== null));
  sql.exec("INSERT OR IGNORE INTO terms (text) SELECT value FROM json_each(?)", JSON.stringify([...terms]));
  sql.exec(
    `INSERT OR IGNORE INTO facets (leaf, at, outcome, code, app, person, subject)
     SELECT e.value->>0, e.value->>1, e.value->>2, ${[3, 4, 5, 6].map(termAt).join(", ")}
     FROM json_each(?) e`,
    JSON.stringify(rows),
  );
  noteLeaves(sql, placed);
}

const termAt = (column: number): string => `(SELECT id FROM terms WHERE text = e.value->>${column})`;

/** Which leaves were made in a minute, so that a time range is a range of leaves although entries may come late. */
function noteLeaves(sql: SqlStorage, placed: readonly Pick<PlacedEntry, "leaf" | "entry">[]): void {
  sql.exec(
    `UPDATE minutes SET
       first_leaf = min(coalesce(first_leaf, m.first), m.first),
       last_leaf = max(coalesce(last_leaf, m.last), m.last)
     FROM (SELECT value->>0 AS at, min(value->>1) AS first, max(value->>1) AS last FROM json_each(?) GROUP BY 1) m
     WHERE minutes.at = m.at`,
    JSON.stringify(placed.map(({ leaf, entry }) => [minuteOf(entry.at), leaf])),
  );
}

const minuteOf = (at: number): number => Math.floor(at / 60_000) * 60_000;

/** Forgets the rows below a leaf, and the terms of people and subjects that no row has any more. */
export function dropFacets(sql: SqlStorage, end: number): void {
  const gone = sql
    .exec<{ term: number }>(
      `SELECT DISTINCT person AS term FROM facets WHERE leaf < ?1
       UNION SELECT DISTINCT subject FROM facets WHERE leaf < ?1`,
      end,
    )
    .toArray()
    .map(({ term }) => term);
  sql.exec("DELETE FROM facets WHERE leaf < ?", end);
  sql.exec(
    `DELETE FROM terms WHERE id IN (SELECT value FROM json_each(?))
       AND NOT EXISTS (SELECT 1 FROM facets WHERE person = terms.id)
       AND NOT EXISTS (SELECT 1 FROM facets WHERE subject = terms.id)`,
    JSON.stringify(gone),
  );
}
