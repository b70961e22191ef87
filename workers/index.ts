import { GRANTS } from "../shared/access/grants/paths.ts";
import { isSignalsPath } from "../shared/access/signals/paths.ts";
import { remembering } from "../shared/base/bounded-map.ts";
import { refusal } from "../shared/base/errors/catalogue.ts";
import { type Problem, toProblem } from "../shared/base/errors/problem.ts";
import { serveGateway } from "./gateway/index.ts";
import { refusalResponse } from "./gateway/refusal-response.ts";
import { keepHouse } from "./hub/housekeeping.ts";
import { type Bindings, ConfigurationError, checkBindings } from "./platform/env.ts";
import { logError, logInfo } from "./platform/log.ts";
import { failed } from "./platform/trouble.ts";
import { hasTooManyCookies } from "./session/cookies.ts";
import { serveAuth } from "./sign-in/index.ts";
import { recheckGrants } from "./sign-in/recheck/index.ts";

export { AuditLog } from "../durable-objects/audit-log.ts";
export { ConnectorTunnel } from "../durable-objects/connector-tunnel.ts";
export { EdgeRelay } from "../durable-objects/edge-relay.ts";
export { LoginAttempts } from "../durable-objects/login-attempts.ts";
export { MeshPaths } from "../durable-objects/mesh-paths.ts";
export { NetworkCoordinator } from "../durable-objects/network-coordinator.ts";
export { PolicyCompiler } from "../durable-objects/policy-compiler.ts";
export { RequestQuota } from "../durable-objects/request-quota.ts";
export { SegmentMesh } from "../durable-objects/segment-mesh.ts";
export { SegmentSessions } from "../durable-objects/segment-sessions.ts";

/** The origin of a URL by what comes before its path. Few hosts are asked for again and again. */
const originOfHead = remembering(200, (head) => new URL(head).origin);
const originOf = (url: string): string => originOfHead(/^[a-z]+:\/\/[^/?#\\]*/i.exec(url)?.[0] ?? url);

let bindings: Bindings | undefined;
let grants: typeof import("./grants/index.ts") | undefined;
let hub: typeof import("./hub/index.ts") | undefined;

const TOO_MANY_COOKIES = refusal(
  "headers_too_large",
  "The browser sent more sign-in cookies (__Host-rn_…) than can be looked at. Delete the cookies of this site, then open it again.",
);

export default {
  /** The host decides who answers: the auth host, the hub, or (every other host) the gateway. */
  async fetch(request: Request, env: unknown, ctx: ExecutionContext): Promise<Response> {
    try {
      bindings ??= checkBindings(env);
      if (hasTooManyCookies(request)) return refusalResponse(request, TOO_MANY_COOKIES);
      const origin = originOf(request.url);
      if (origin === bindings.authOrigin) {
        const url = new URL(request.url);
        if (`${url.pathname}/`.startsWith(`${GRANTS}/`)) {
          grants ??= await import("./grants/index.ts");
          return await grants.serveGrants(request, url, bindings);
        }
        return (await serveSignalsIfMeant(request, url, ctx)) ?? (await serveAuth(request, bindings, ctx));
      }
      if (origin === bindings.hubOrigin) {
        // The hub is large and the gateway never needs it: it is loaded by its first request, and asked for only once.
        hub ??= await import("./hub/index.ts");
        return await hub.serveHub(request, new URL(request.url), bindings, ctx);
      }
      return await serveGateway(request, bindings, ctx);
    } catch (error) {
      return unavailable(error, request);
    }
  },

  /** Each minute: completes writes of the hub; sends notifications, signals and the log; narrows rules, if it is let; asks the identity providers whether those signed in still stand. */
  async scheduled(_controller: ScheduledController, env: unknown, ctx: ExecutionContext): Promise<void> {
    bindings ??= checkBindings(env);
    ctx.waitUntil(keepHouse(bindings, Date.now()));
    ctx.waitUntil(tellOf(bindings));
    ctx.waitUntil(shipOf(bindings));
    ctx.waitUntil(signalTo(bindings));
    ctx.waitUntil(adaptSegments(bindings));
    const run = await recheckGrants(bindings);
    if (run.checked > 0) logInfo("recheck_done", { ...run });
  },
};

/** Loaded where it is needed: no sign-in does. Null if another path is meant. */
async function serveSignalsIfMeant(
  request: Request,
  url: URL,
  ctx: ExecutionContext,
): Promise<Response | null> {
  if (!isSignalsPath(url.pathname) || bindings === undefined) return null;
  const { serveSignals } = await import("./signals/index.ts");
  return serveSignals(request, url, bindings, ctx);
}

/** Loaded where it is needed: no request does. */
async function adaptSegments(bindings: Bindings): Promise<void> {
  const { adapt, isAdaptationDue } = await import("./hub/suggestions/adapt.ts");
  if (isAdaptationDue(Date.now())) await adapt(bindings, Date.now());
}

/** Loaded where it is needed: no request does. */
async function tellOf(bindings: Bindings): Promise<void> {
  const { notify } = await import("./notifications/index.ts");
  await notify(bindings, Date.now());
}

/** Loaded where it is needed: no request does. */
async function shipOf(bindings: Bindings): Promise<void> {
  const { shipLogs } = await import("./logs/ship.ts");
  await shipLogs(bindings, Date.now);
}

/** Loaded where it is needed: no request does. */
async function signalTo(bindings: Bindings): Promise<void> {
  const { sendSignals } = await import("./signals/sent/index.ts");
  await sendSignals(bindings, Date.now());
}

/** Whatever breaks is never an allow. Only our own words about the configuration are shown to the caller. */
async function unavailable(error: unknown, request: Request): Promise<Response> {
  return Response.json(await problemOf(error, request), {
    status: 503,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "retry-after": "2",
      "x-rustronaut-response": "unavailable",
    },
  });
}

async function problemOf(error: unknown, request: Request): Promise<Problem> {
  if (error instanceof ConfigurationError || bindings === undefined) {
    logError("request_failed", error);
    const detail = error instanceof ConfigurationError ? error.message : "Try again in a moment.";
    return toProblem(refusal("unavailable", detail));
  }
  const origin = originOf(request.url);
  const isOurs = origin === bindings.authOrigin;
  const part = origin === bindings.hubOrigin ? "hub" : isOurs ? "sign-in" : "gateway";
  const { refused, number } = await failed(bindings, part, request, error);
  return toProblem(refused, number === undefined ? {} : { request_id: number });
}
