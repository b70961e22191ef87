import { type AnyColumn, type SQL, sql } from "drizzle-orm";

/** The words of a search in the form that a statement takes. Null if there is no search. */
export const wordsOf = (search: string | undefined): string | null =>
  search === undefined ? null : JSON.stringify(search.toLowerCase().split(/\s+/).filter(Boolean));

/**
 * The condition that the columns contain every word. The case of the letters a to z doesn't matter. Without a
 * search there is no condition.
 */
export function holdsWords(search: string | undefined, ...columns: readonly AnyColumn[]): SQL | undefined {
  const words = wordsOf(search);
  if (words === null) return undefined;
  const all = sql.join([...columns], sql` || char(10) || `);
  return sql`NOT EXISTS (SELECT 1 FROM json_each(${words}) w WHERE instr(lower(${all}), w.value) = 0)`;
}

/**
 * The same condition, for a statement that is written by hand.
 *
 * @param words The parameter with the words, as `wordsOf` makes it. Null matches all rows.
 */
export const wordsHeld = (words: string, ...columns: readonly string[]): string =>
  `NOT EXISTS (SELECT 1 FROM json_each(${words}) w
    WHERE instr(lower(${columns.map((column) => `coalesce(${column}, '')`).join(" || char(10) || ")}), w.value) = 0)`;
