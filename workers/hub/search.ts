import { type AnyColumn, type SQL, sql } from "drizzle-orm";

/** An SQL condition with its values, for a statement that is written by hand. */
export type Condition = readonly [sql: string, ...values: unknown[]];

/** The statement of the rows for which all conditions hold, and its values. `rest` follows the conditions. */
export function selected(
  db: D1Database,
  select: string,
  conditions: readonly Condition[],
  [rest, ...more]: Condition = [""],
): D1PreparedStatement {
  const where = conditions.length > 0 ? `WHERE ${conditions.map(([one]) => one).join(" AND ")}` : "";
  const values = conditions.flatMap(([, ...given]) => given);
  return db.prepare(`${select} ${where} ${rest}`).bind(...values, ...more);
}

/** The words of a search in the form that a statement takes. Null if there is no search. */
const wordsOf = (search: string | undefined): string | null =>
  search === undefined ? null : JSON.stringify(search.toLowerCase().split(/\s+/).filter(Boolean));

/**
 * The condition that the columns contain every word. The case of the letters a to z doesn't matter. Without a
 * search there is no condition.
 */
export function holdsWords(
  search: string | undefined,
  ...columns: readonly (AnyColumn | SQL)[]
): SQL | undefined {
  const words = wordsOf(search);
  if (words === null) return undefined;
  const all = sql.join([...columns], sql` || char(10) || `);
  return sql`NOT EXISTS (SELECT 1 FROM json_each(${words}) w WHERE instr(lower(${all}), w.value) = 0)`;
}

/** The same condition, for a statement that is written by hand. */
export function wordsHeld(search: string | undefined, ...columns: readonly string[]): Condition[] {
  const words = wordsOf(search);
  if (words === null) return [];
  const all = columns.map((column) => `coalesce(${column}, '')`).join(" || char(10) || ");
  return [[`NOT EXISTS (SELECT 1 FROM json_each(?) w WHERE instr(lower(${all}), w.value) = 0)`, words]];
}

/**
 * The condition that a row's user `u` is the one with this id or address. If there is no such user: that the
 * address or name contains the word.
 */
export function personHeld(word: string): Condition {
  const part = word.trim().toLowerCase();
  return [
    `(u.id = ? OR u.email = ? OR (NOT EXISTS (SELECT 1 FROM users WHERE id = ? OR email = ?)
      AND (instr(u.email, ?) > 0 OR instr(lower(u.name), ?) > 0)))`,
    ...[word, part, word, part, part, part],
  ];
}
