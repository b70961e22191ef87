import type { DecisionEntry } from "../../shared/audit/types.ts";
import { formatAddress, parseAddress } from "../../shared/http/address.ts";
import { overriddenMethods } from "../../shared/http/headers.ts";
import type { Target } from "../../shared/http/target.ts";
import { decide } from "../../shared/policy/index.ts";
import {
  type ActionName,
  actionOf,
  type Decision,
  type PrincipalFacts,
  type RequestFacts,
} from "../../shared/policy/request.ts";
import type { SnapshotApp, SnapshotServiceToken } from "../../shared/registry/snapshot.ts";
import { freshId } from "../handoff/random.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Caller } from "./caller.ts";
import { opensWebSocket } from "./websocket.ts";

export interface Judged {
  readonly decision: Decision;
  readonly facts: RequestFacts;
}

/** What policies need to know of a request, besides who sent it. Plain data, so that it can be judged again later. */
export interface Question {
  readonly app: SnapshotApp;
  readonly target: Target;
  readonly method: string;
  /** Whether the request is a WebSocket handshake. */
  readonly opensSocket: boolean;
  /** Methods that the upstream may take this request for: each of them must be allowed. */
  readonly actions: readonly ActionName[];
  readonly network: RequestFacts["network"];
}

export function questionOf(request: Request, app: SnapshotApp, target: Target): Question {
  const opensSocket = opensWebSocket(request);
  const overrides = app.settings.methodOverride ? overriddenMethods((name) => request.headers.get(name)) : [];
  const cf = request.cf as Partial<IncomingRequestCfProperties> | undefined;
  return {
    app,
    target,
    method: request.method,
    opensSocket,
    actions: [...new Set([request.method, ...overrides].map((method) => actionOf(method, opensSocket)))],
    network: {
      ip: clientIp(request),
      country: typeof cf?.country === "string" ? cf.country : null,
      asn: typeof cf?.asn === "number" ? cf.asn : null,
    },
  };
}

/** The platform's word in its one spelling. Throws on what is no address: rules about addresses could not hold. */
function clientIp(request: Request): string | null {
  const stated = request.headers.get("cf-connecting-ip");
  if (stated === null) return null;
  const address = parseAddress(stated);
  if (!address) throw new Error("the platform's client address is malformed");
  return formatAddress(address);
}

/** Every reading of the path by every action must be allowed, and no other spelling may be forbidden. */
export function judge(question: Question, caller: Caller, snapshot: Snapshot, now: number): Judged {
  const { target, actions } = question;
  let allowed: Judged | null = null;
  for (const action of actions) {
    for (const path of target.readings) {
      const judged = judgeOne(question, caller, snapshot, action, path, now);
      if (judged.decision.decision === "deny") return judged;
      allowed ??= judged;
    }
    for (const path of target.aliases) {
      const judged = judgeOne(question, caller, snapshot, action, path, now);
      if (judged.decision.decision === "deny" && judged.decision.determining.length > 0) return judged;
    }
  }
  if (!allowed) throw new Error("a request has at least one reading");
  return allowed;
}

function judgeOne(
  question: Question,
  caller: Caller,
  snapshot: Snapshot,
  action: ActionName,
  path: string,
  now: number,
): Judged {
  const facts: RequestFacts = {
    ...requestFacts(question, action, path, now),
    principal: principalOf(caller),
    authentication: authenticationOf(caller, now),
  };
  return { decision: decide(snapshot.policies, facts), facts };
}

/** What is known of a request before anybody asks who sent it. */
export function requestFacts(
  { app, method, network }: Question,
  action: ActionName,
  path: string,
  now: number,
): Omit<RequestFacts, "principal" | "authentication"> {
  return {
    action,
    resource: { app: app.name, segment: app.segmentName, tags: app.tags },
    request: { method, host: app.host, path },
    network,
    device: null,
    risk: 0,
    now,
  };
}

function principalOf(caller: Caller): RequestFacts["principal"] {
  if (caller.kind === "anonymous") return { type: "Anonymous" };
  if (caller.kind === "service") return servicePrincipal(caller.token);
  const { userId: id, email, emailVerified, name, groups } = caller.session.principal;
  return { type: "User", id, email, emailVerified, name, groups };
}

export const servicePrincipal = ({ id, name, groups }: SnapshotServiceToken): PrincipalFacts => ({
  type: "ServiceToken",
  id,
  name,
  groups,
});

function authenticationOf(caller: Caller, now: number): RequestFacts["authentication"] {
  if (caller.kind !== "user") return null;
  const { providerId, acr, amr, authTime } = caller.session.authentication;
  return { provider: providerId, acr, amr, ageSeconds: Math.max(0, Math.floor(now / 1_000) - authTime) };
}

export function decisionEntry(
  question: Question,
  caller: Caller,
  epoch: number,
  judged: Judged,
): DecisionEntry {
  const { decision, facts } = judged;
  return {
    kind: "decision",
    id: freshId("decision"),
    at: facts.now,
    decision: decision.decision,
    reason: decision.determining.length > 0 ? "policy" : "default_deny",
    epoch,
    appId: question.app.id,
    appName: question.app.name,
    sessionId: caller.kind === "user" ? caller.session.id : null,
    facts,
    determining: decision.determining,
    erroring: decision.erroring,
  };
}
