import type { AuditEntry, AuditRow, AuditSliceQuery } from "../../shared/audit/types.ts";

const MAX_LEAVES = 1_000;

export interface StoredEntry extends Record<string, SqlStorageValue> {
  leaf: number;
  text: string;
}

export function findEntry(sql: SqlStorage, id: string): AuditRow | null {
  const [row] = sql.exec<StoredEntry>("SELECT leaf, text FROM entries WHERE id = ?", id).toArray();
  return row ? toRow(row) : null;
}

/** The rows of these leaves, in this order; one whose text is gone is left out. */
export function rowsAt(sql: SqlStorage, leaves: readonly number[]): AuditRow[] {
  const query = "SELECT leaf, text FROM entries WHERE leaf IN (SELECT value FROM json_each(?))";
  const found = sql.exec<StoredEntry>(query, JSON.stringify(leaves)).toArray();
  const rows = new Map(found.map((row) => [row.leaf, row]));
  return leaves.flatMap((leaf) => rows.get(leaf) ?? []).map(toRow);
}

/** Rows after a leaf in the order of the log, as they are stored. */
export function entriesAfter(
  sql: SqlStorage,
  after: number,
  kinds: readonly AuditEntry["kind"][],
  limit: number,
): StoredEntry[] {
  const query = `SELECT leaf, text FROM entries
    WHERE leaf > ?1 AND (?2 = '[]' OR kind IN (SELECT value FROM json_each(?2))) ORDER BY leaf LIMIT ?3`;
  return sql.exec<StoredEntry>(query, after, JSON.stringify(kinds), limit).toArray();
}

/** The rows of a part of the log, within its bounds. */
export function slicedEntries(
  sql: SqlStorage,
  { after, until, kinds, entries, characters }: AuditSliceQuery,
): StoredEntry[] {
  let left = characters;
  const rows = entriesAfter(sql, after, kinds, entries).filter(({ leaf }) => until === null || leaf <= until);
  const end = rows.findIndex(({ text }, index) => {
    left -= text.length;
    return left < 0 && index > 0;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

/** The texts of the leaves `from` to `to` (not included). Throws a `RangeError` unless all of them are kept. */
export function leafTexts(sql: SqlStorage, from: number, to: number): string[] {
  if (to - from > MAX_LEAVES) throw new RangeError(`at most ${MAX_LEAVES} leaves at once`);
  const query = "SELECT leaf, text FROM entries WHERE leaf >= ? AND leaf < ? ORDER BY leaf";
  const rows = sql.exec<StoredEntry>(query, from, to).toArray();
  if (rows.length !== to - from) throw new RangeError(`the leaves ${from} to ${to - 1} are not all kept`);
  return rows.map(({ text }) => text);
}

const toRow = ({ leaf, text }: StoredEntry): AuditRow => ({ leaf, entry: JSON.parse(text) as AuditEntry });
