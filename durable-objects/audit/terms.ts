import { MAX_PATH_PREFIX, targetTerm } from "../../shared/audit/terms.ts";
import type { Named } from "../../shared/audit/types.ts";

/** Finding terms, each a row `(id, text)`; the forms of their texts are in `shared/audit/terms.ts`. */

/** A condition of SQL with its values. */
export type Condition = readonly [sql: string, ...values: SqlStorageValue[]];

/** More terms than this are not listed but asked of the table for each row. */
export const FEW = 20_000;

/** Terms of which one column of `facets` must be one. */
export interface TermSet {
  readonly column: "app" | "person" | "subject";
  /** The numbers; null where they are more than `FEW`. */
  readonly ids: readonly number[] | null;
  readonly condition: Condition;
}

/** All terms that begin so. */
export function termsFrom(sql: SqlStorage, prefix: string): { id: number; text: string }[] {
  const query = "SELECT id, text FROM terms WHERE text >= ? AND text < ?";
  return sql.exec<{ id: number; text: string }>(query, prefix, endOf(prefix)).toArray();
}

/** Apps or people by id, name or part of a name. */
export function namedTerms(sql: SqlStorage, column: "app" | "person", wanted: Named): TermSet {
  const prefix = column === "app" ? "a:" : "u:";
  const where = `text >= ? AND text < ? AND (
    substr(text, 3, instr(text, ' ') - 3) IN (SELECT value FROM json_each(?))
    OR substr(text, instr(text, ' ') + 1) IN (SELECT value FROM json_each(?))
    OR instr(substr(text, instr(text, ' ') + 1), ?) > 0)`;
  const { ids, names, part } = wanted;
  // No text holds a line feed, so that it stands for "no part".
  const values = [prefix, endOf(prefix), JSON.stringify(ids), JSON.stringify(names), part ?? "\n"];
  return termSet(sql, column, where, values, `${column} IN (SELECT id FROM terms WHERE ${where})`);
}

/** Paths that begin so. */
export function pathTerms(sql: SqlStorage, path: string): TermSet {
  const prefix = `p:${path.slice(0, MAX_PATH_PREFIX)}`;
  const where = "text >= ? AND text < ?";
  const each = `EXISTS (SELECT 1 FROM terms WHERE id = facets.subject AND ${where})`;
  return termSet(sql, "subject", where, [prefix, endOf(prefix)], each);
}

/** What something was done to. */
export function targetTerms(sql: SqlStorage, targets: readonly string[]): TermSet {
  const where = "text IN (SELECT value FROM json_each(?))";
  return termSet(sql, "subject", where, [JSON.stringify(targets.map(targetTerm))], where);
}

/** @param each The condition where there are too many to list. */
function termSet(
  sql: SqlStorage,
  column: TermSet["column"],
  where: string,
  values: readonly SqlStorageValue[],
  each: string,
): TermSet {
  const query = `SELECT id FROM terms WHERE ${where} LIMIT ${FEW + 1}`;
  const ids = sql
    .exec<{ id: number }>(query, ...values)
    .toArray()
    .map(({ id }) => id);
  return ids.length > FEW
    ? { column, ids: null, condition: [each, ...values] }
    : { column, ids, condition: oneOf(column, ids) };
}

export const oneOf = (column: string, ids: readonly number[]): Condition => [
  `${column} IN (SELECT value FROM json_each(?))`,
  JSON.stringify(ids),
];

const endOf = (prefix: string): string => `${prefix}\u{10ffff}`;
