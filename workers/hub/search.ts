import { type AnyColumn, type SQL, sql } from "drizzle-orm";

/** The words of a search as a statement takes them; null where nothing is searched for. */
export const wordsOf = (search: string | undefined): string | null =>
  search === undefined ? null : JSON.stringify(search.toLowerCase().split(/\s+/).filter(Boolean));

/** The condition that the columns hold every word, whatever the case of its letters a to z; none without a search. */
export function holdsWords(search: string | undefined, ...columns: readonly AnyColumn[]): SQL | undefined {
  const words = wordsOf(search);
  if (words === null) return undefined;
  const all = sql.join([...columns], sql` || char(10) || `);
  return sql`NOT EXISTS (SELECT 1 FROM json_each(${words}) w WHERE instr(lower(${all}), w.value) = 0)`;
}

/** The same in a statement that is written by hand. @param words Its parameter, as `wordsOf` makes it: null for all. */
export const wordsHeld = (words: string, ...columns: readonly string[]): string =>
  `NOT EXISTS (SELECT 1 FROM json_each(${words}) w
    WHERE instr(lower(${columns.map((column) => `coalesce(${column}, '')`).join(" || char(10) || ")}), w.value) = 0)`;
