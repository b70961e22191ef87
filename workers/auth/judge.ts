import type { DecisionEntry } from "../../shared/audit/types.ts";
import { decide } from "../../shared/policy/index.ts";
import type { Decision, RequestFacts } from "../../shared/policy/request.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Session } from "../../shared/sessions/types.ts";
import { freshId } from "../handoff/random.ts";
import type { Snapshot } from "../snapshot.ts";

export interface Judged {
  readonly decision: Decision;
  readonly facts: RequestFacts;
}

/** Whether this person could read a path of an app now. The app's host decides again on every request. */
export function judgeApp(
  request: Request,
  snapshot: Snapshot,
  app: SnapshotApp,
  session: Session,
  path: string,
): Judged {
  const { principal, authentication } = session;
  const cf = request.cf as Partial<IncomingRequestCfProperties> | undefined;
  const now = Date.now();
  const facts: RequestFacts = {
    principal: {
      type: "User",
      id: principal.userId,
      email: principal.email,
      emailVerified: principal.emailVerified,
      name: principal.name,
      groups: principal.groups,
    },
    action: "read",
    resource: { app: app.name, segment: app.segmentName, tags: app.tags },
    request: { method: "GET", host: app.host, path },
    network: {
      ip: request.headers.get("CF-Connecting-IP"),
      country: cf?.country ?? null,
      asn: cf?.asn ?? null,
    },
    authentication: {
      provider: authentication.providerId,
      acr: authentication.acr,
      amr: authentication.amr,
      ageSeconds: Math.max(0, Math.floor(now / 1_000) - authentication.authTime),
    },
    device: null,
    risk: 0,
    now,
  };
  if (principal.status !== "active") {
    return { decision: { decision: "deny", determining: [], erroring: [] }, facts };
  }
  return { decision: decide(snapshot.policies, facts), facts };
}

export function decisionEntry(
  app: SnapshotApp,
  session: Session,
  epoch: number,
  { decision, facts }: Judged,
  reason: string,
): DecisionEntry {
  return {
    kind: "decision",
    id: freshId("decision"),
    at: facts.now,
    decision: decision.decision,
    reason,
    epoch,
    appId: app.id,
    appName: app.name,
    sessionId: session.id,
    facts,
    determining: decision.determining,
    erroring: decision.erroring,
  };
}
