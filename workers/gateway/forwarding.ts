import type { RewrittenHeader } from "../../shared/access/second-resource.ts";
import { type ErrorCode, type Refusal, refusal } from "../../shared/base/errors/catalogue.ts";
import { refusalOfFault, type UpstreamFault } from "../../shared/http/upstream-fault.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { type RefusalContext, refusalResponse } from "./refusal-response.ts";
import { type Cut, type StreamWatch, UPSTREAM_TIMEOUT } from "./stream-watch.ts";
import type { Upstream } from "./upstream.ts";

/** One request that was allowed, on its way to an upstream and back. */
export interface Forwarding {
  readonly request: Request;
  readonly bindings: Bindings;
  readonly ctx: ExecutionContext;
  readonly app: SnapshotApp;
  /** In the order in which they are asked. */
  readonly upstreams: readonly Upstream[];
  /** The app's origin as the browser sees it. */
  readonly origin: string;
  /** Canonical path and query. */
  readonly target: string;
  readonly opensSocket: boolean;
  /** Headers that name resources by the host under which the client knows them. */
  readonly rewritten: readonly RewrittenHeader[];
  readonly identity: readonly (readonly [string, string])[];
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
  no(forwarding, refusalOfFault(fault, isRepeatable(forwarding.request)));

/** What the caller is told when the watch cut before there was an answer. */
export function cutBeforeAnswer(forwarding: Forwarding): Response {
  const { code, reason } = forwarding.watch.signal.reason as Cut;
  if (reason === UPSTREAM_TIMEOUT) return noFor(forwarding, "timeout");
  if (code === 4403) return noBecause(forwarding, "denied_by_policy", "Access changed while this was sent.");
  return noBecause(forwarding, "session_ended", "Sign in again.");
}

/** Methods with which the run-time sends a body that we made; with the others only one that came with the request. */
export const hasMethodWithBody = ({ method }: Request): boolean => method !== "GET" && method !== "HEAD";

/** Whether a request changes nothing by its method and needs no body again, so that it may be sent once more (RFC 9110 §9.2.2). */
export const isRepeatable = ({ method, body, headers }: Request): boolean =>
  (method === "GET" || method === "HEAD") && (body === null || headers.get("content-length") === "0");
