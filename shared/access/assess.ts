import type { DecisionEntry } from "../audit/types.ts";
import { isTcpUpstream } from "../connector/private-upstream.ts";
import type { SnapshotApp } from "../registry/snapshot.ts";
import type { AccessDecision, GradeReason } from "./grade/access.ts";
import { gradeOf, refusedBy, riskOf, type Standing } from "./grade/grade.ts";
import { offersGrants } from "./grants/settings.ts";
import { inForce } from "./grants/state.ts";
import type { HeldGrant } from "./grants/types.ts";
import { environmentOf } from "./policy/entities.ts";
import { type Given, givenBy, NOTHING_GIVEN } from "./policy/given.ts";
import { coveringGrants, grantPolicies } from "./policy/grant-links.ts";
import { type CompiledPolicies, decide } from "./policy/index.ts";
import type { ActionName, Decision, GrantFacts, RequestFacts, ResourceFacts } from "./policy/request.ts";
import { policyNameOf } from "./policy/statement-id.ts";
import type { Question } from "./question.ts";
import type { SecondResource } from "./second-resource.ts";

/** What is known about the caller who sends the request. */
export type Asker = Pick<RequestFacts, "principal" | "authentication" | "device" | "client"> & {
  readonly standing: Standing;
  /** The grants of the caller, for whatever app. Missing if there are none. */
  readonly grants?: readonly HeldGrant[];
};

/** One way in which the upstream may understand a request, and the decision of the policies about that way. */
export interface Reading {
  readonly action: ActionName;
  readonly path: string;
  /** Another spelling of the same place. The policies need not permit this spelling, but must not forbid it. */
  readonly isAlias: boolean;
  readonly decision: Decision;
  readonly facts: RequestFacts;
}

export interface Assessment {
  /** The final decision, and the facts that it was made with. */
  readonly decision: Decision;
  readonly facts: RequestFacts;
  /** The readings that were judged, in order. In a denial, the last reading is the denied one. */
  readonly readings: readonly Reading[];
  /** What the decision says besides allow or deny. */
  readonly access: AccessDecision;
  /** Why the request is refused although the policies allow it. Null if it is not. */
  readonly refusedBy: GradeReason | null;
}

/** Whether the policies allow a request, and the grade of its caller too. */
export const isAllowed = ({ decision, refusedBy }: Assessment): boolean =>
  decision.decision === "allow" && refusedBy === null;

/**
 * The only function that judges requests. The gateway, the sign-in pages and the policy tester all call it.
 * For every reading of the path, every action must be allowed. No other spelling of the path may be
 * forbidden. Every other resource that the request names must be allowed too. The function stops at the first
 * denial.
 *
 * What the policies allow is then graded: by the risk of the caller, the terms of the permits, and the age of the
 * session.
 */
export function assess(
  question: Question,
  asker: Asker,
  policies: CompiledPolicies,
  now: number,
): Assessment {
  const { standing, grants = [], ...who } = asker;
  const held = heldFor(question.app, grants, now);
  const granted = held.length > 0 ? { grants: held.map(factsOf) } : {};
  const risk = riskOf(standing, now);
  const readings: Reading[] = [];
  const isDenied = (action: ActionName, path: string, isAlias: boolean): boolean => {
    const facts = { ...requestFacts(question, action, path, now), risk, ...who, ...granted };
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
  const { decision, facts } = decisive;
  const given = denied ? NOTHING_GIVEN : givenTo(policies, readings);
  const approved = approvedAt(policies, readings, held);
  const grade = gradeOf(question.app.settings, standing, given.terms, now, approved);
  const access = { ...grade, grantedPermissions: given.permissions };
  const actions = [question, ...question.others].flatMap((part) => part.actions);
  // Nobody sees in the bytes of a TCP connection what they change.
  if (question.app.upstreams.some(isTcpUpstream)) actions.push("write");
  return { decision, facts, readings, access, refusedBy: denied ? null : refusedBy(grade, actions) };
}

/** The grants that are policies for a request to the app. None are, once the app offers no grants any more. */
const heldFor = ({ id, settings }: SnapshotApp, grants: readonly HeldGrant[], now: number): HeldGrant[] =>
  grants.length > 0 && offersGrants(settings) ? inForce(grants, id, now) : [];

const factsOf = ({ id, actions, paths }: HeldGrant): GrantFacts => ({ id, actions, paths });

/** When the newest grant began that covers all that the request asks for. */
function approvedAt(
  { inventory }: CompiledPolicies,
  readings: readonly Reading[],
  held: readonly HeldGrant[],
): number | null {
  if (held.length === 0) return null;
  const covered = readings
    .filter(({ isAlias }) => !isAlias)
    .map(({ facts }) => new Set(coveringGrants(facts, environmentOf(facts, inventory))));
  const covering = held.filter(({ id }) => covered.every((grants) => grants.has(id)));
  return covering.length > 0 ? Math.max(...covering.map(({ since }) => since)) : null;
}

/** What the permits give that determined any of the readings, with the caller's grants among them. */
function givenTo({ set }: CompiledPolicies, readings: readonly Reading[]): Given {
  const ids = determiningOf(readings);
  const [first] = readings;
  const granted = first ? grantPolicies(first.facts).filter(({ id }) => ids.includes(id)) : [];
  return granted.length > 0 ? givenBy([...set.permits(ids), ...granted]) : set.given(ids);
}

/** The policies that determined any of the readings, each once. */
const determiningOf = (readings: readonly Reading[]): readonly string[] =>
  readings.length === 1 && readings[0]
    ? readings[0].decision.determining
    : [...new Set(readings.flatMap(({ decision }) => decision.determining))];

/** What is known about a request before its sender is identified. */
export function requestFacts(
  { app, method, network, mcp }: Question,
  action: ActionName,
  path: string,
  now: number,
): Omit<RequestFacts, keyof Asker> {
  return {
    action,
    resource: resourceOf(app),
    request: { method, host: app.host, path },
    network,
    ...(mcp ? { mcp } : {}),
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

/** The decision about a question, and the reasons for it. */
export interface Decided {
  /** The policy epoch at the time of the decision. */
  readonly epoch: number;
  /** Null for callers without a session. */
  readonly sessionId: string | null;
  readonly facts: RequestFacts;
  /** The decision of the policies. */
  readonly decision: Decision;
  /** Why the request is denied whatever the policies decide, as a stable word. */
  readonly overruledBy?: string;
  /** Why the request is let through although no policy was asked, as a stable word. */
  readonly allowedAs?: string;
  /** The decision of the policies together with those in shadow. Null if no policy is in shadow. */
  readonly withShadow?: Decision | null;
  /** The versions of the policies, by policy name. */
  readonly versions?: ReadonlyMap<string, number>;
  /** Missing if no policy was asked. */
  readonly access?: AccessDecision;
}

/** The decision when no policy was asked. */
export const UNASKED: Decision = { decision: "deny", determining: [], erroring: [] };

/** Why the policies decide as they do, as a stable word. */
export const reasonOf = ({ determining }: Decision): string =>
  determining.length > 0 ? "policy" : "default_deny";

/**
 * A decision in the form that the audit log keeps. The gateway records every allow and every denial in this
 * form.
 */
export function decisionEntry(id: string, { app }: Question, decided: Decided): DecisionEntry {
  const { epoch, sessionId, facts, decision, overruledBy, allowedAs, withShadow, access } = decided;
  return {
    kind: "decision",
    id,
    at: facts.now,
    decision: overruledBy === undefined ? decision.decision : "deny",
    reason: overruledBy ?? allowedAs ?? reasonOf(decision),
    epoch,
    appId: app.id,
    appName: app.name,
    sessionId,
    facts,
    determining: decision.determining,
    erroring: decision.erroring,
    ...citedVersions(decided),
    ...(withShadow && overruledBy === undefined && !isSame(withShadow, decision)
      ? { shadow: { decision: withShadow.decision, determining: withShadow.determining } }
      : {}),
    ...(access ? { access } : {}),
  };
}

const isSame = (one: Decision, other: Decision): boolean =>
  one.decision === other.decision && one.determining.join() === other.determining.join();

function citedVersions({ decision, withShadow, versions }: Decided): Pick<DecisionEntry, "versions"> {
  if (versions === undefined) return {};
  const cited = new Map<string, number>();
  const cite = (statement: string) => {
    const name = policyNameOf(statement);
    const version = versions.get(name);
    if (version !== undefined) cited.set(name, version);
  };
  for (const { determining, erroring } of withShadow ? [decision, withShadow] : [decision]) {
    determining.forEach(cite);
    for (const { id } of erroring) cite(id);
  }
  return cited.size > 0 ? { versions: Object.fromEntries(cited) } : {};
}
