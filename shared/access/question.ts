import { type Refusal, refusal } from "../base/errors/catalogue.ts";
import { err, ok, type Result } from "../base/result.ts";
import { endToEnd, overriddenMethods } from "../http/headers.ts";
import { fieldMethods } from "../http/method-field.ts";
import { opensWebSocket, type Sent } from "../http/navigation.ts";
import { canonicalTarget, reservedSpace, type Target } from "../http/target.ts";
import type { SnapshotApp } from "../registry/snapshot.ts";
import { type ActionName, actionsOf, type RequestFacts } from "./policy/request.ts";
import { type RewrittenHeader, type SecondResource, secondResources } from "./second-resource.ts";

/** A request and where it comes from, before its sender is identified. */
export interface Asked extends Sent {
  readonly network: RequestFacts["network"];
}

/**
 * What policies need to know about a request, except its sender. This is plain data, so that the request can
 * be judged again later.
 */
export interface Question {
  readonly app: SnapshotApp;
  readonly target: Target;
  readonly method: string;
  readonly opensSocket: boolean;
  /** The actions that the upstream may understand this request as. Each action must be allowed. */
  readonly actions: readonly ActionName[];
  /** Other resources that the request names. Each of them must be allowed as well. */
  readonly others: readonly SecondResource[];
  /** The headers that name these resources, in the form that the upstream gets. */
  readonly rewritten: readonly RewrittenHeader[];
  readonly network: RequestFacts["network"];
  /** What the body asks of an MCP server. Missing if the app is none, or if there is no body. */
  readonly mcp?: RequestFacts["mcp"];
}

const METHOD = /^[A-Z]{1,20}$/;

/** Why a method is never forwarded, whatever the policies say. Null if the method may be forwarded. */
export function methodRefusal(method: string): Refusal | null {
  if (METHOD.test(method) && method !== "TRACE" && method !== "CONNECT") return null;
  return refusal("method_not_allowed", "This method is not forwarded.");
}

/** Refuses a request that no policy can judge, such as a request with a destination on another server. */
export function questionOf(asked: Asked, app: SnapshotApp, target: Target): Result<Question, Refusal> {
  const { method, network } = asked;
  const opensSocket = opensWebSocket(asked);
  const header = endToEnd(asked.headers);
  const { methodOverride, methodField } = app.settings;
  const methods = [
    method,
    ...(methodOverride ? overriddenMethods(header) : []),
    ...(methodField ? fieldMethods(method, target.query, header("content-type")) : []),
  ];
  const actions = [...new Set(methods.flatMap((name) => actionsOf(name, opensSocket)))];
  const second = secondResources(methods, header, app);
  if (!second.ok) return second;
  const { resources: others, rewritten } = second.value;
  return ok({ app, target, method, opensSocket, actions, others, rewritten, network });
}

/**
 * The question for a raw request, or the refusal that comes before any policy.
 *
 * @param target Path and query exactly as in the request line.
 */
export function readQuestion(asked: Asked, app: SnapshotApp, target: string): Result<Question, Refusal> {
  const canonical = canonicalTarget(target, app.settings);
  if (!canonical.ok) return canonical;
  const refused = methodRefusal(asked.method);
  if (refused) return err(refused);
  if (reservedSpace(canonical.value) !== "no") {
    return err(refusal("not_found", "This path is the gateway's own; no policy is asked."));
  }
  return questionOf(asked, app, canonical.value);
}
