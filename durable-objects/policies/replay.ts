import type { ReplayAsked, Replayed } from "../../shared/access/policy/compiler-rpc.ts";
import { compilePolicies } from "../../shared/access/policy/index.ts";
import { Replay } from "../../shared/access/replay.ts";
import type { AuditLogRpc, DecisionEntry } from "../../shared/audit/types.ts";
import { DEFAULT_APP_SETTINGS } from "../../shared/registry/app-settings.ts";

/** Nobody waits longer for an answer, and more decisions rarely say more. */
const MOST_DECISIONS = 200_000;
const MOST_MS = 20_000;

/** Judges the decisions of a time again, newest first. Other work has its turn between two parts of the log. */
export async function replay(
  { before, after, registered, apps, since, until }: ReplayAsked,
  log: Pick<AuditLogRpc, "decisions">,
): Promise<Replayed> {
  const begun = Date.now();
  const again = new Replay(
    compilePolicies(before, registered),
    compilePolicies(after, registered),
    apps,
    DEFAULT_APP_SETTINGS,
  );
  let looked = 0;
  let from: number | null = null;
  let stoppedBy: Replayed["stoppedBy"] = null;
  let next: number | null = null;
  do {
    const part = await log.decisions(since, until, next);
    for (const text of part.texts) {
      const entry = JSON.parse(text) as DecisionEntry;
      again.judge(entry);
      from = Math.min(from ?? entry.at, entry.at);
    }
    looked += part.texts.length;
    next = part.next;
    if (next !== null && looked >= MOST_DECISIONS) stoppedBy = "count";
    else if (next !== null && Date.now() - begun > MOST_MS) stoppedBy = "time";
    await scheduler.wait(0);
  } while (next !== null && stoppedBy === null);
  return { ...again.report(), from, stoppedBy };
}
