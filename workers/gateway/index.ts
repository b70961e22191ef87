import type { MessageId } from "../../shared/access/mcp/message.ts";
import { methodRefusal, type Question, questionOf } from "../../shared/access/question.ts";
import { shownBy } from "../../shared/access/sessions/proofs.ts";
import { type Refusal, refusal } from "../../shared/base/errors/catalogue.ts";
import { err, ok, type Result } from "../../shared/base/result.ts";
import { originOf, requestAuthority } from "../../shared/http/host.ts";
import { isRootServiceWorker } from "../../shared/http/navigation.ts";
import { mayOpenWebSocket } from "../../shared/http/origin.ts";
import { rewritesPaths } from "../../shared/http/path-rewrite.ts";
import { canonicalTarget, reservedSpace, splitUrl, type Target } from "../../shared/http/target.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { recordDecision } from "../platform/audit.ts";
import type { Bindings } from "../platform/env.ts";
import { failed } from "../platform/trouble.ts";
import { freshSnapshot, newestSnapshot, type Snapshot, snapshotAt } from "../registry/snapshot.ts";
import { serveReserved } from "../session/index.ts";
import { seenOf } from "../session/seen.ts";
import { type Caller, identify } from "./caller.ts";
import { holdsClientToken } from "./client-token.ts";
import { CONTINUE_PATH, serveContinue, unpark } from "./continue.ts";
import { denied } from "./denied.ts";
import { askedBy, judge, recordOf } from "./judge.ts";
import { JWKS_PATH, serveJwks } from "./jwks.ts";
import { noteUse } from "./last-use.ts";
import { maintenanceRefusal } from "./maintenance.ts";
import { REFUSED, readMcp } from "./mcp.ts";
import { misplaced } from "./misplaced.ts";
import { servePreflight } from "./preflight.ts";
import { noteDenial, overQuota } from "./quota.ts";
import { refusalResponse } from "./refusal-response.ts";
import { recordRefused } from "./refused-credential.ts";
import { describeResource } from "./resource-metadata.ts";
import { revalidation } from "./revalidate.ts";
import { type Exchange, sendOn } from "./send-on.ts";
import { signInFirst } from "./sign-in-first.ts";
import { upstreamsOf } from "./upstream.ts";

const NO_ROOT_WORKER =
  "Serve its script from a directory of its own; or an administrator switches on the app's setting `rootServiceWorker`.";
const TOKEN_IN_QUERY = refusal(
  "malformed_request",
  "An access token goes into the header `Authorization: Bearer`, since addresses are recorded in many places. End this token.",
);
/**
 * How many times the gateway tries to serve one request. It tries again when policies or apps changed during an
 * attempt. When they changed during every attempt, nobody can say which settings hold.
 */
const MOST_ATTEMPTS = 5;

/**
 * Canonicalise → find app → credential → session → decide → scrub → forward → record. Any failure is answered with 503.
 *
 * @param choose Says which upstreams an app has.
 */
export async function serveGateway(
  request: Request,
  bindings: Bindings,
  ctx: ExecutionContext,
  choose = upstreamsOf,
): Promise<Response> {
  const exchange = { request, bindings, ctx, choose };
  try {
    for (let made = 0; made < MOST_ATTEMPTS; made++) {
      const found = await findApp(request, bindings);
      if (!found.ok) {
        return asksForKeys(request)
          ? await serveJwks(request, bindings)
          : refusalResponse(request, found.error);
      }
      const parked = await unpark(request, found.value.app, found.value.target, bindings);
      if (parked instanceof Response) return parked;
      if (parked !== null) return await serveGateway(parked, bindings, ctx, choose);
      const answer = await serveApp(exchange, found.value);
      if (answer !== null) return answer;
    }
    return await unavailable(exchange, new Error("Policies or apps changed during every attempt."));
  } catch (error) {
    return unavailable(exchange, error);
  }
}

async function unavailable(
  { request, bindings }: Exchange,
  error: unknown,
  app?: SnapshotApp,
): Promise<Response> {
  const { refused, number } = await failed(bindings, "gateway", request, error);
  return refusalResponse(request, refused, { ...(app ? { app } : {}), number });
}

/**
 * Under a host that is no app's, the public keys are all there is: programs on the machine of a local hub ask for them by
 * its address, since most can't resolve names below `.localhost`.
 */
const asksForKeys = ({ method, url }: Request) =>
  (method === "GET" || method === "HEAD") && splitUrl(url)?.target === JWKS_PATH;

/** What the request asks for. It is parsed once. */
interface Found {
  readonly app: SnapshotApp;
  readonly target: Target;
  /** The app's origin as the browser sees it. */
  readonly origin: string;
}

async function findApp(request: Request, bindings: Bindings): Promise<Result<Found, Refusal>> {
  const parts = splitUrl(request.url);
  if (!parts) return err(refusal("malformed_request", "The URL is not an http URL."));
  const authority = requestAuthority(parts.authority, request.headers.get("host"), parts.scheme);
  if (!authority.ok) return authority;
  const isOurPort = authority.value.port === portOf(bindings.authOrigin);
  const known = isOurPort ? await appOf(authority.value.host, bindings) : undefined;
  if (!known)
    return err(refusal("unknown_host", "No application is served under this name. Check the address."));
  const target = canonicalTarget(parts.target, known.settings);
  if (!target.ok) return target;
  return ok({ app: known, target: target.value, origin: originOf(parts.scheme, authority.value) });
}

/** The port in one of our own origins. Null when the origin has the default port of its scheme. */
function portOf(origin: string): number | null {
  const port = /:(\d+)$/.exec(origin)?.[1];
  return port === undefined ? null : Number(port);
}

/**
 * Finds the app of a host. When this isolate does not know the host, the app may be newer than the isolate's snapshot.
 * Then the newest snapshot is read.
 */
async function appOf(host: string, bindings: Bindings): Promise<SnapshotApp | undefined> {
  return (
    (await snapshotAt(bindings, 0)).appByHost.get(host) ??
    (await newestSnapshot(bindings)).appByHost.get(host)
  );
}

/**
 * Serves a request of an app. Null when policies or apps changed while the request was handled: the steps so far used
 * the old settings, so they must run again.
 */
async function serveApp(exchange: Exchange, found: Found): Promise<Response | null> {
  const { request, bindings, ctx } = exchange;
  const { app, target, origin } = found;
  const forbidden = methodRefusal(request.method);
  if (forbidden) return refusalResponse(request, forbidden, { app });
  if (target.path === JWKS_PATH) return serveJwks(request, bindings);
  const described = describeResource(request, app, origin, target.path, bindings);
  if (described) return described;
  if (target.path === CONTINUE_PATH) return serveContinue(request, app, bindings);
  const reserved = reservedSpace(target);
  if (reserved === "disguised")
    return refusalResponse(request, refusal("not_found", "Go to the app's start page."), { app });
  if (reserved === "ours" && target.path !== "/.rustronaut/user")
    return serveReserved(request, app, bindings, ctx);
  const mayBeElsewhere = reserved === "no" && rewritesPaths(app.settings);
  const elsewhere = mayBeElsewhere ? misplaced(request, app, target) : null;
  if (elsewhere) return elsewhere;
  if (request.method === "OPTIONS") {
    const preflight = await servePreflight(exchange, app, target, origin);
    if (preflight !== undefined) return preflight;
  }
  if (holdsClientToken(target.query)) return refusalResponse(request, TOKEN_IN_QUERY, { app });
  const question = questionOf(askedBy(request, app), app, target);
  if (!question.ok) return refusalResponse(request, question.error, { app });
  const caller = await identify(request, app, bindings);
  if (caller.kind !== "nobody" && caller.kind !== "unavailable") {
    const tooMany = await overQuota(exchange, question.value, caller);
    if (tooMany) return tooMany;
  }
  if (caller.kind === "bad_credentials") {
    noteDenial(question.value, caller);
    const decisionId = await recordRefused(question.value, caller, bindings, ctx);
    const context = decisionId === undefined ? { app } : { app, decisionId };
    return refusalResponse(request, refusal("invalid_credentials", caller.detail), context);
  }
  if (caller.kind === "unavailable") {
    return unavailable(
      exchange,
      new Error("The owner of the session gave no answer that is fresh enough."),
      app,
    );
  }
  if (caller.kind === "service") noteUse(bindings, ctx, caller.token);
  const snapshot = await (caller.kind === "nobody"
    ? freshSnapshot(bindings)
    : snapshotAt(bindings, caller.epoch));
  // The app's old settings said who needs a session and how paths are read. A newer snapshot holds another object for
  // each app, so those answers may not hold any more.
  if (snapshot.appByHost.get(app.host) !== app) return null;
  if (!app.settings.rootServiceWorker && isRootServiceWorker(request, target.path)) {
    return refusalResponse(request, refusal("service_worker_refused", NO_ROOT_WORKER), { app });
  }
  if (caller.kind === "nobody") {
    const closed = maintenanceRefusal(app, null, Date.now());
    if (closed) return refusalResponse(request, closed, { app, contact: snapshot.network.contact });
    return signInFirst(request, app, bindings, caller.ended ? "session_ended" : "unauthenticated");
  }
  if (reserved === "ours") return describe(caller);
  if (!app.settings.mcp) return serveCaller(exchange, origin, question.value, caller, snapshot);
  const read = await readMcp(request, question.value);
  if (!read.ok) return refusalResponse(request, read.error.refusal, { app, answersTo: read.error.answersTo });
  const { facts: mcp, id, request: unread } = read.value;
  const asked = { ...question.value, mcp };
  return serveCaller(
    { ...exchange, request: unread },
    origin,
    asked,
    caller,
    snapshot,
    mcp === null ? undefined : id,
  );
}

/** `/.rustronaut/user`: what we know about the caller. The answer holds no token and no secret. */
function describe(caller: Caller): Response {
  const headers = { "cache-control": "no-store", "x-rustronaut-response": "user" };
  if (caller.kind !== "user") return Response.json({ kind: caller.kind }, { headers });
  const { principal, authentication, expiresAt } = caller.session;
  const { userId, email, name, groups } = principal;
  return Response.json(
    { kind: "user", userId, email, name, groups, amr: shownBy(authentication).amr, expiresAt },
    { headers },
  );
}

async function serveCaller(
  exchange: Exchange,
  origin: string,
  question: Question,
  caller: Caller,
  snapshot: Snapshot,
  messageId?: MessageId,
): Promise<Response> {
  const { request, bindings, ctx } = exchange;
  const { app, opensSocket } = question;
  const judged = judge(question, caller, snapshot, Date.now());
  const isUser = caller.kind === "user";
  const isForeign =
    opensSocket &&
    !mayOpenWebSocket(
      request.headers.get("origin"),
      origin,
      app.settings.allowedOrigins,
      isUser && !caller.byBearer,
    );
  const closed = judged.decision.decision === "allow" ? maintenanceRefusal(app, caller, Date.now()) : null;
  const entry = recordOf(
    question,
    caller,
    snapshot,
    judged,
    isForeign ? "origin_not_allowed" : (judged.refusedBy ?? closed?.code ?? null),
  );
  const context = {
    app,
    decisionId: entry.id,
    userEmail: isUser ? caller.session.principal.email : null,
    contact: snapshot.network.contact,
    ...(messageId === undefined ? {} : { answersTo: { id: messageId, code: REFUSED } }),
  };
  await recordDecision(bindings, ctx, entry);
  if (isForeign) {
    const detail = "Open the connection from the app's own pages.";
    return refusalResponse(request, refusal("origin_not_allowed", detail), context);
  }
  if (closed && judged.refusedBy === null) return refusalResponse(request, closed, context);
  if (entry.decision === "deny") {
    noteDenial(question, caller);
    return denied(request, bindings, ctx, { question, caller, snapshot, judged, entry, context });
  }
  return sendOn(exchange, origin, {
    question,
    caller,
    snapshot,
    entry,
    access: judged.access,
    rejudge: revalidation(question, caller, bindings, seenOf(request)),
    context,
  });
}
