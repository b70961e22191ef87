import type { AuditEntry } from "./types.ts";

/**
 * A hit is one request that an agent passed on to a private app. The agent reports it by the id of the decision that its
 * pass names (`shared/connector/hits.ts`), and the audit log looks for that decision.
 */
export interface Hit {
  readonly decision: string;
  readonly app: string;
  /** The id of the caller in the pass: a user's, a service token's, or `anyone`. */
  readonly caller: string;
  readonly method: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** For how long (milliseconds) a decision may be missing. An isolate may still hold it, or a batch be on its way. */
export const EXPLAIN_WITHIN_MS = 2 * 60_000;

/** The clocks of an agent and the edge may differ by this much (milliseconds). */
const CLOCK_SKEW_MS = 60_000;

/** Whether an entry of the log is the decision that allowed what the agent did. */
export function explains(entry: AuditEntry | null, hit: Hit): boolean {
  if (entry?.kind !== "decision" || entry.decision !== "allow") return false;
  const { principal, request } = entry.facts;
  const caller = principal.type === "Anonymous" ? "anyone" : principal.id;
  return (
    entry.id === hit.decision &&
    entry.appId === hit.app &&
    caller === hit.caller &&
    request.method === hit.method &&
    hit.at >= entry.at - CLOCK_SKEW_MS
  );
}

/** Hits of one agent at one app that nothing explains. */
export interface UnexplainedHits {
  readonly app: string;
  readonly node: string;
  readonly hits: number;
}
