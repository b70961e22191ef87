import type { DecisionEntry } from "../audit/types.ts";
import type { SnapshotApp } from "../registry/snapshot.ts";
import { type CompiledPolicies, decide } from "./policy/index.ts";
import type { ActionName, Decision, RequestFacts, ResourceFacts } from "./policy/request.ts";
import type { Question } from "./question.ts";
import type { SecondResource } from "./second-resource.ts";

/** What is known of whoever asks. */
export type Asker = Pick<RequestFacts, "principal" | "authentication">;

/** One way in which the upstream may take a request, and what the policies say to it. */
export interface Reading {
  readonly action: ActionName;
  readonly path: string;
  /** Another spelling of the same place: it need not be permitted, but must not be forbidden. */
  readonly isAlias: boolean;
  readonly decision: Decision;
  readonly facts: RequestFacts;
}

export interface Assessment {
  /** The decision that holds, and the facts under which it was made. */
  readonly decision: Decision;
  readonly facts: RequestFacts;
  /** What was judged, in order; the last one is what denied, where anything did. */
  readonly readings: readonly Reading[];
}

/**
 * The one judge: the gateway, the sign-in pages and the policy tester all ask it. Every reading of the path by every
 * action must be allowed, and no other spelling of it may be forbidden; so must every other resource that the request
 * names. It stops at the first denial.
 */
export function assess(
  question: Question,
  asker: Asker,
  policies: CompiledPolicies,
  now: number,
): Assessment {
  const readings: Reading[] = [];
  const isDenied = (action: ActionName, path: string, isAlias: boolean): boolean => {
    const facts = { ...requestFacts(question, action, path, now), ...asker };
    const decision = decide(policies, facts);
    readings.push({ action, path, isAlias, decision, facts });
    return decision.decision === "deny" && (!isAlias || decision.determining.length > 0);
  };
  const isDeniedAt = ({ target, actions }: SecondResource): boolean =>
    actions.some(
      (action) =>
        target.readings.some((path) => isDenied(action, path, false)) ||
        target.aliases.some((path) => isDenied(action, path, true)),
    );
  const denied = isDeniedAt(question) || question.others.some(isDeniedAt);
  const decisive = denied ? readings.at(-1) : readings[0];
  if (!decisive) throw new Error("a request has at least one reading");
  return { decision: decisive.decision, facts: decisive.facts, readings };
}

/** What is known of a request before anybody asks who sent it. */
export function requestFacts(
  { app, method, network }: Question,
  action: ActionName,
  path: string,
  now: number,
): Omit<RequestFacts, keyof Asker> {
  return {
    action,
    resource: resourceOf(app),
    request: { method, host: app.host, path },
    network,
    device: null,
    risk: 0,
    now,
  };
}

export const resourceOf = ({
  name,
  segmentName,
  tags,
}: Pick<SnapshotApp, "name" | "segmentName" | "tags">): ResourceFacts => ({
  app: name,
  segment: segmentName,
  tags,
});

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
