import { SESSION_START, sessionsEndedBy } from "./actions.ts";
import type { AuditEntry, StatsBucket } from "./types.ts";

const MINUTE_MS = 60_000;
const MAX_BUCKETS = 1_500;

/** The numbers that the entries add to the counts of each minute. */
export function countByMinute(entries: readonly AuditEntry[]): StatsBucket[] {
  const minutes = new Map<number, StatsBucket>();
  for (const entry of entries) {
    const at = Math.floor(entry.at / MINUTE_MS) * MINUTE_MS;
    minutes.set(at, add(minutes.get(at) ?? emptyBucket(at), countsOf(entry)));
  }
  return [...minutes.values()];
}

/**
 * Combines minutes into buckets of `stepMs`, starting at `from`. Empty buckets are included. The step is
 * rounded up to whole minutes, and made larger if there would be more than 1,500 buckets.
 */
export function bucketsOf(
  minutes: readonly StatsBucket[],
  from: number,
  to: number,
  stepMs: number,
): StatsBucket[] {
  const wanted = Math.max(stepMs, (to - from) / MAX_BUCKETS, 1);
  const step = Math.ceil(wanted / MINUTE_MS) * MINUTE_MS;
  const start = Math.floor(from / step) * step;
  const buckets: StatsBucket[] = [];
  for (let at = start; at < to; at += step) buckets.push(emptyBucket(at));
  for (const minute of minutes) {
    const n = Math.floor((minute.at - start) / step);
    const bucket = buckets[n];
    if (bucket) buckets[n] = add(bucket, minute);
  }
  return buckets;
}

type Counts = Partial<Omit<StatsBucket, "at">>;

function countsOf(entry: AuditEntry): Counts {
  if (entry.kind === "decision") {
    return entry.decision === "allow" ? { requests: 1, allows: 1 } : { requests: 1, denials: 1 };
  }
  return entry.action === SESSION_START ? { sessionsStarted: 1 } : { sessionsEnded: sessionsEndedBy(entry) };
}

const emptyBucket = (at: number): StatsBucket => ({
  at,
  requests: 0,
  allows: 0,
  denials: 0,
  sessionsStarted: 0,
  sessionsEnded: 0,
});

const add = (a: StatsBucket, b: Counts): StatsBucket => ({
  at: a.at,
  requests: a.requests + (b.requests ?? 0),
  allows: a.allows + (b.allows ?? 0),
  denials: a.denials + (b.denials ?? 0),
  sessionsStarted: a.sessionsStarted + (b.sessionsStarted ?? 0),
  sessionsEnded: a.sessionsEnded + (b.sessionsEnded ?? 0),
});
