import type { RewrittenHeader } from "../../shared/access/second-resource.ts";
import { type ErrorCode, type Refusal, refusal } from "../../shared/base/errors/catalogue.ts";
import type { HeaderVariables } from "../../shared/http/header-rules.ts";
import { refusalOfFault, type UpstreamFault } from "../../shared/http/upstream-fault.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import type { PassFor } from "./pass.ts";
import { type RefusalContext, refusalResponse } from "./refusal-response.ts";
import { type Cut, type StreamWatch, UPSTREAM_TIMEOUT } from "./stream-watch.ts";
import type { Upstream } from "./upstream.ts";

/** One request that was allowed, on its way to an upstream and back. */
export interface Forwarding {
  readonly request: Request;
  readonly bindings: Bindings;
  readonly ctx: ExecutionContext;
  readonly app: SnapshotApp;
  /** The upstreams in the order in which the gateway asks them. */
  readonly upstreams: readonly Upstream[];
  /** The app's origin as the browser sees it. */
  readonly origin: string;
  /** Path and query as the upstream knows them. */
  readonly target: string;
  readonly opensSocket: boolean;
  /** Headers that name resources. The client names these resources by the host that it knows. */
  readonly rewritten: readonly RewrittenHeader[];
  /** What the app's rules for headers may name. Null when it has none. */
  readonly variables: HeaderVariables | null;
  readonly identity: readonly (readonly [string, string])[];
  readonly pass: PassFor;
  readonly clientIp: string | null;
  readonly watch: StreamWatch;
  readonly refusalContext: RefusalContext;
}

/** Ends the forwarding with a refusal. */
function no({ request, refusalContext, watch }: Forwarding, refused: Refusal): Response {
  watch.close();
  return refusalResponse(request, refused, refusalContext);
}

export const noBecause = (forwarding: Forwarding, code: ErrorCode, detail: string): Response =>
  no(forwarding, refusal(code, detail));

export const noFor = (forwarding: Forwarding, fault: UpstreamFault): Response =>
  no(forwarding, withCount(forwarding, refusalOfFault(fault, isRepeatable(forwarding.request))));

/** Says how many of several upstreams were asked: only what may be sent again goes to more than one. */
function withCount({ request, upstreams }: Forwarding, refused: Refusal): Refusal {
  if (upstreams.length < 2) return refused;
  const asked = isRepeatable(request) ? "All" : "One";
  return {
    ...refused,
    detail: `${refused.detail} ${asked} of its ${upstreams.length} upstreams were asked.`,
  };
}

/** The refusal that the caller gets when the watch cut the exchange before an answer came. */
export function cutBeforeAnswer(forwarding: Forwarding): Response {
  const { code, reason } = forwarding.watch.signal.reason as Cut;
  if (reason === UPSTREAM_TIMEOUT) return noFor(forwarding, "timeout");
  if (reason === "maintenance")
    return noBecause(forwarding, "maintenance", "It was closed while this was sent.");
  if (code === 4408)
    return noBecause(
      forwarding,
      "step_up_required",
      "The session was paused before the application's answer could pass. Sign in again, and look there whether what you sent arrived.",
    );
  if (code === 4403) return noBecause(forwarding, "denied_by_policy", "Access changed while this was sent.");
  return noBecause(forwarding, "session_ended", "Sign in again.");
}

/**
 * Whether the run-time sends a body that we made. With GET and HEAD, it sends only a body that came with the request.
 */
export const hasMethodWithBody = ({ method }: Request): boolean => method !== "GET" && method !== "HEAD";

/**
 * Whether a request may be sent a second time. Its method must change nothing (RFC 9110 §9.2.2), and it must have no
 * body that would be needed again.
 */
export const isRepeatable = ({ method, body, headers }: Request): boolean =>
  (method === "GET" || method === "HEAD") && (body === null || headers.get("content-length") === "0");
