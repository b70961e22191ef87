import { type Asker, type Assessment, assess, decisionEntry } from "../../shared/access/assess.ts";
import { deviceFactsOf } from "../../shared/access/device/device.ts";
import { NO_STANDING } from "../../shared/access/grade/grade.ts";
import type { PrincipalFacts } from "../../shared/access/policy/request.ts";
import type { Asked, Question } from "../../shared/access/question.ts";
import { shownBy } from "../../shared/access/sessions/proofs.ts";
import { standingOf } from "../../shared/access/standing.ts";
import type { DecisionEntry } from "../../shared/audit/types.ts";
import type { SnapshotApp, SnapshotServiceToken } from "../../shared/registry/snapshot.ts";
import { certificateOf, networkOf } from "../platform/network.ts";
import { freshId } from "../platform/random.ts";
import type { Snapshot } from "../registry/snapshot.ts";
import type { Caller } from "./caller.ts";

/** The part of the question that the request itself states. */
export const askedBy = (request: Request, { settings }: SnapshotApp): Asked => ({
  method: request.method,
  headers: request.headers,
  network: settings.clientCertificates
    ? { ...networkOf(request), certificate: certificateOf(request) }
    : networkOf(request),
});

export const judge = (question: Question, caller: Caller, snapshot: Snapshot, now: number): Assessment =>
  assess(question, askerOf(caller, now), snapshot.policies, now);

/** What is known of a caller without a session. */
const NO_SESSION = { authentication: null, device: null, standing: NO_STANDING } as const;

/** What is known of who sent a request. @param now In milliseconds. */
export function askerOf(caller: Caller, now: number): Asker {
  if (caller.kind === "anonymous") {
    return { principal: { type: "Anonymous" }, ...NO_SESSION };
  }
  if (caller.kind === "service") {
    const { token, proof } = caller;
    const stated = proof.kind === "access" ? { claims: proof.access.claims } : {};
    return { principal: { ...servicePrincipal(token), ...stated }, ...NO_SESSION };
  }
  const { principal, authentication } = caller.session;
  const { userId: id, email, emailVerified, name, groups } = principal;
  const { acr, amr, authTime } = shownBy(authentication);
  return {
    principal: { type: "User", id, email, emailVerified, name, groups },
    authentication: {
      provider: authentication.providerId,
      acr,
      amr,
      ageSeconds: Math.max(0, Math.floor(now / 1_000) - authTime),
    },
    device: deviceFactsOf(caller.session.device, id, now),
    standing: standingOf(caller.session, caller.unusedMs ?? 0),
    ...(caller.session.client ? { client: caller.session.client } : {}),
    grants: caller.session.principal.grants ?? [],
  };
}

export const servicePrincipal = ({ id, name, groups }: SnapshotServiceToken): PrincipalFacts => ({
  type: "ServiceToken",
  id,
  name,
  groups,
});

/**
 * The decision about a caller, in the form in which it is recorded.
 * @param overruledBy Why the caller is denied, whatever the policies say. Unless given, what the grade refuses.
 */
export const recordOf = (
  question: Question,
  caller: Caller,
  { epoch, shadow, versions }: Snapshot,
  { decision, facts, access, refusedBy }: Assessment,
  overruledBy: string | null = refusedBy,
): DecisionEntry =>
  decisionEntry(freshId("decision"), question, {
    epoch,
    sessionId: caller.kind === "user" ? caller.session.id : null,
    facts,
    decision,
    withShadow: shadow && assess(question, askerOf(caller, facts.now), shadow, facts.now).decision,
    versions,
    access,
    ...(overruledBy === null ? {} : { overruledBy }),
  });
