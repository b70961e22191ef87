import type { DecisionTexts } from "../../shared/audit/types.ts";
import { rangeOf } from "./search.ts";

/** Leaves that one part of the decisions comes from. */
const PART_LEAVES = 1_000;

/** The decisions of a time, newest first, in parts of a bounded number of leaves. */
export function decisionTexts(
  sql: SqlStorage,
  since: number,
  until: number,
  before: number | null,
): DecisionTexts {
  const range = rangeOf(sql, { since, until, ...(before === null ? {} : { cursor: before }) });
  if (range === null) return { texts: [], next: null };
  const low = Math.max(range.low, range.high - PART_LEAVES);
  const rows = sql
    .exec<{ text: string }>(
      `SELECT text FROM entries WHERE leaf >= ? AND leaf < ? AND kind = 'decision' AND at >= ? AND at < ?
       ORDER BY leaf DESC`,
      ...[low, range.high, since, until],
    )
    .toArray();
  return { texts: rows.map(({ text }) => text), next: low > range.low ? low : null };
}
