import type { DecisionEntry } from "../audit/types.ts";
import type { Decision, RequestFacts } from "./policy/request.ts";
import type { Question } from "./question.ts";

/** What was decided about a question, and on what grounds. */
export interface Decided {
  /** The policy epoch at which it was. */
  readonly epoch: number;
  /** Null for callers without a session. */
  readonly sessionId: string | null;
  readonly facts: RequestFacts;
  /** What the policies say. */
  readonly decision: Decision;
  /** Why it is denied whatever they say, as a stable word. */
  readonly overruledBy?: string;
}

/** Nothing that policies would have said: none was asked. */
export const UNASKED: Decision = { decision: "deny", determining: [], erroring: [] };

/** Why the policies decide as they do, as a stable word. */
export const reasonOf = ({ determining }: Decision): string =>
  determining.length > 0 ? "policy" : "default_deny";

/** A decision as the audit log keeps it: every allow and denial of the gateway is recorded as what this makes of it. */
export function decisionEntry(id: string, { app }: Question, decided: Decided): DecisionEntry {
  const { epoch, sessionId, facts, decision, overruledBy } = decided;
  return {
    kind: "decision",
    id,
    at: facts.now,
    decision: overruledBy === undefined ? decision.decision : "deny",
    reason: overruledBy ?? reasonOf(decision),
    epoch,
    appId: app.id,
    appName: app.name,
    sessionId,
    facts,
    determining: decision.determining,
    erroring: decision.erroring,
  };
}
