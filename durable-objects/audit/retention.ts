import { dropDeciders } from "./deciders.ts";
import { dropFacets } from "./facets.ts";

/**
 * Texts are kept for 400 days, or until the object has grown to 8 of its 10 GB; then the oldest go first. Hashes
 * stay for ever, so that every checkpoint and every exported entry can still be proven.
 */
const RETENTION_MS = 400 * 86_400_000;
const MAX_DATABASE_BYTES = 8_000_000_000;
/** Texts dropped in one go. */
const BATCH = 2_000;

/** @returns whether more must be dropped. */
export function dropOldTexts(sql: SqlStorage, now: number, databaseBytes: number): boolean {
  const [oldest] = sql.exec<{ leaf: number }>("SELECT leaf FROM entries ORDER BY leaf LIMIT 1").toArray();
  if (!oldest) return false;
  const batchEnd = oldest.leaf + BATCH;
  const isFull = databaseBytes > MAX_DATABASE_BYTES;
  // Entries stand in the order of arrival: the first young one ends what may go.
  const [young] = sql
    .exec<{ leaf: number }>(
      "SELECT leaf FROM entries WHERE leaf < ? AND at >= ? ORDER BY leaf LIMIT 1",
      batchEnd,
      now - RETENTION_MS,
    )
    .toArray();
  const end = isFull ? batchEnd : (young?.leaf ?? batchEnd);
  // What D1 does not know yet is not lost to it.
  const dropped = sql.exec(
    "DELETE FROM entries WHERE leaf < ? AND leaf NOT IN (SELECT leaf FROM index_outbox)",
    end,
  ).rowsWritten;
  dropFacets(sql, end);
  sql.exec("DELETE FROM minutes WHERE at < ?", now - RETENTION_MS);
  dropDeciders(sql, now - RETENTION_MS);
  return dropped > 0 && (isFull || young === undefined);
}
