import type { AuditEntry, AuditQuery, AuditRow } from "../../shared/audit/types.ts";

const MAX_LIMIT = 200;
const MAX_LEAVES = 1_000;

export interface StoredEntry extends Record<string, SqlStorageValue> {
  leaf: number;
  text: string;
}

/** A page of rows, newest first unless `ascending`, and the cursor of the page after it. */
export function queryEntries(sql: SqlStorage, query: AuditQuery): { rows: AuditRow[]; next: number | null } {
  const limit = Math.min(Math.max(1, Math.floor(query.limit)), MAX_LIMIT);
  const { conditions, values } = conditionsOf(query);
  if (query.cursor !== undefined) {
    conditions.push(query.ascending ? "leaf > ?" : "leaf < ?");
    values.push(query.cursor);
  }
  const found = sql
    .exec<StoredEntry>(
      `SELECT leaf, text FROM entries ${where(conditions)}
       ORDER BY leaf ${query.ascending ? "ASC" : "DESC"} LIMIT ?`,
      ...values,
      limit + 1,
    )
    .toArray();
  const rows = found.slice(0, limit).map(toRow);
  return { rows, next: found.length > limit ? (rows.at(-1)?.leaf ?? null) : null };
}

export function findEntry(sql: SqlStorage, id: string): AuditRow | null {
  const [row] = sql.exec<StoredEntry>("SELECT leaf, text FROM entries WHERE id = ?", id).toArray();
  return row ? toRow(row) : null;
}

/** Rows after a leaf in the order of the log, as they are stored. */
export function entriesAfter(
  sql: SqlStorage,
  after: number,
  kinds: readonly AuditEntry["kind"][],
  limit: number,
): StoredEntry[] {
  const { conditions, values } = conditionsOf({ kinds });
  const query = `SELECT leaf, text FROM entries ${where(["leaf > ?", ...conditions])} ORDER BY leaf LIMIT ?`;
  return sql.exec<StoredEntry>(query, after, ...values, limit).toArray();
}

/** The texts of the leaves `from` to `to` (not included). Throws a `RangeError` unless all of them are kept. */
export function leafTexts(sql: SqlStorage, from: number, to: number): string[] {
  if (to - from > MAX_LEAVES) throw new RangeError(`at most ${MAX_LEAVES} leaves at once`);
  const query = "SELECT leaf, text FROM entries WHERE leaf >= ? AND leaf < ? ORDER BY leaf";
  const rows = sql.exec<StoredEntry>(query, from, to).toArray();
  if (rows.length !== to - from) throw new RangeError(`the leaves ${from} to ${to - 1} are not all kept`);
  return rows.map(({ text }) => text);
}

/**
 * The conditions repeat the words of the partial indexes literally, because only then does SQLite use them.
 */
function conditionsOf({ kinds, appId, userId, decision }: Omit<AuditQuery, "limit">): {
  conditions: string[];
  values: (string | number)[];
} {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  if (kinds && kinds.length > 0) {
    const distinct = [...new Set(kinds)].slice(0, 8);
    conditions.push(`kind IN (${distinct.map(() => "?").join(", ")})`);
    values.push(...distinct);
    if (!distinct.includes("decision")) conditions.push("kind <> 'decision'");
  }
  if (appId !== undefined) {
    conditions.push("app_id = ?");
    values.push(appId);
  }
  if (userId !== undefined) {
    conditions.push("user_id = ?");
    values.push(userId);
  }
  if (decision !== undefined)
    conditions.push(decision === "deny" ? "decision = 'deny'" : "decision = 'allow'");
  return { conditions, values };
}

const where = (conditions: readonly string[]): string =>
  conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";

const toRow = ({ leaf, text }: StoredEntry): AuditRow => ({ leaf, entry: JSON.parse(text) as AuditEntry });
