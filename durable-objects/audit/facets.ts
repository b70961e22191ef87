import { termsOf } from "../../shared/audit/terms.ts";
import type { PlacedEntry } from "./entries.ts";
import { insertRows } from "./rows.ts";

/**
 * One narrow row for each entry, of numbers alone: a search reads a million of them in less time than a person waits for.
 * The numbers stand for terms (`shared/audit/terms.ts`), each of which is stored once.
 */
export function insertFacets(sql: SqlStorage, placed: readonly Pick<PlacedEntry, "leaf" | "entry">[]): void {
  if (placed.length === 0) return;
  const found = placed.map(({ leaf, entry }) => ({ leaf, at: entry.at, ...termsOf(entry) }));
  const ids = termIds(
    sql,
    found.flatMap(({ code, app, person, subject }) => [code, app, person, subject]),
  );
  const idOf = (term: string | null) => (term === null ? null : (ids.get(term) ?? null));
  const rows = found.map(({ leaf, at, outcome, code, app, person, subject }) => ({
    ...{ leaf, at, outcome },
    ...{ code: idOf(code), app: idOf(app), person: idOf(person), subject: idOf(subject) },
  }));
  insertRows(sql, "facets", rows, "OR IGNORE");
  noteLeaves(sql, placed);
}

/** The number of each term. New terms get one. Most terms of an append are the same few, so each is looked up once. */
function termIds(sql: SqlStorage, all: readonly (string | null)[]): ReadonlyMap<string, number> {
  const terms = [...new Set(all)].filter((term) => term !== null);
  const listed = JSON.stringify(terms);
  // By their places, since the database may give a text back in another form (half of a character, say).
  const known = () =>
    sql
      .exec<{ place: number; id: number }>(
        "SELECT e.key AS place, t.id FROM json_each(?) e JOIN terms t ON t.text = e.value",
        listed,
      )
      .toArray();
  let rows = known();
  if (rows.length < terms.length) {
    sql.exec("INSERT OR IGNORE INTO terms (text) SELECT value FROM json_each(?)", listed);
    rows = known();
  }
  return new Map(rows.map(({ place, id }) => [terms[place] ?? "", id]));
}

/** Which leaves were made in a minute, so that a time range is a range of leaves although entries may come late. */
function noteLeaves(sql: SqlStorage, placed: readonly Pick<PlacedEntry, "leaf" | "entry">[]): void {
  const minutes = Map.groupBy(placed, ({ entry }) => minuteOf(entry.at));
  for (const [at, entries] of minutes) {
    const leaves = entries.map(({ leaf }) => leaf);
    const [first, last] = [Math.min(...leaves), Math.max(...leaves)];
    sql.exec(
      `UPDATE minutes SET first_leaf = min(coalesce(first_leaf, ?1), ?1), last_leaf = max(coalesce(last_leaf, ?2), ?2)
       WHERE at = ?3`,
      ...[first, last, at],
    );
  }
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
