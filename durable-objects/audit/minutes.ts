import { bucketsOf, countByMinute } from "../../shared/audit/stats.ts";
import type { AuditEntry, StatsBucket } from "../../shared/audit/types.ts";

/** Counts per minute, kept beside the entries so that a chart does not read them. */

export function addToMinutes(sql: SqlStorage, entries: readonly AuditEntry[]): void {
  for (const minute of countByMinute(entries)) {
    sql.exec(
      `INSERT INTO minutes (at, requests, allows, denials, sessions_started, sessions_ended)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (at) DO UPDATE SET
         requests = requests + excluded.requests,
         allows = allows + excluded.allows,
         denials = denials + excluded.denials,
         sessions_started = sessions_started + excluded.sessions_started,
         sessions_ended = sessions_ended + excluded.sessions_ended`,
      minute.at,
      minute.requests,
      minute.allows,
      minute.denials,
      minute.sessionsStarted,
      minute.sessionsEnded,
    );
  }
}

/** Times in milliseconds; `to` is not included. At most 366 days. */
export function readStats(sql: SqlStorage, from: number, to: number, stepMs: number): StatsBucket[] {
  if (!(to > from) || to - from > MAX_SPAN_MS) throw new RangeError("the time range is empty or too long");
  const [first] = bucketsOf([], from, to, stepMs);
  const minutes = sql
    .exec<Record<keyof StatsBucket, number>>(
      `SELECT at, requests, allows, denials,
              sessions_started AS sessionsStarted, sessions_ended AS sessionsEnded
       FROM minutes WHERE at >= ? AND at < ? ORDER BY at`,
      first?.at ?? from,
      to,
    )
    .toArray();
  return bucketsOf(minutes, from, to, stepMs);
}

const MAX_SPAN_MS = 366 * 86_400_000;
