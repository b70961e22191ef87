import { returnPath } from "../../shared/access/login/return-path.ts";
import { ERRORS, type ErrorCode, type Refusal } from "../../shared/base/errors/catalogue.ts";
import { toProblem } from "../../shared/base/errors/problem.ts";
import { corsHeaders } from "../../shared/http/cors.ts";
import { showsPage } from "../../shared/http/navigation.ts";
import { splitUrl, type TargetRules } from "../../shared/http/target.ts";
import { type AppPage, pageFor } from "../../shared/registry/app-pages.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { deniedPage, errorPage, htmlResponse } from "../pages/index.ts";
import { challengeOf } from "./challenge.ts";
import type { JsonRpcAnswer } from "./mcp.ts";

/** What is known when a request is refused. Each known field makes the answer more useful. */
export interface RefusalContext {
  readonly app?: SnapshotApp;
  readonly decisionId?: string;
  /** The number of the audit log's entry about a failure of ours. */
  readonly number?: string | undefined;
  /** The stable reason of a decision. */
  readonly reason?: string;
  readonly userEmail?: string | null;
  /** Whom people can ask for help. See `SnapshotNetwork`. */
  readonly contact?: string;
  /** The address of the sign-in, for a caller that can't be redirected there and back. */
  readonly loginUrl?: string;
  /** The address at which the person may request access. */
  readonly askUrl?: string;
  /** The JSON-RPC message that the answer is for, with the code of the error. */
  readonly answersTo?: JsonRpcAnswer;
  /** What an OAuth client must ask its person for. */
  readonly scope?: string;
}

const GRPC_STATUS: Readonly<Record<number, number>> = { 401: 16, 403: 7, 404: 12, 429: 8, 503: 14 };

/**
 * Refuses in the form that the caller understands: a page, gRPC trailers or a problem document. It shows a number only
 * when something is recorded under it, because nobody could look up any other number.
 */
export function refusalResponse(request: Request, refusal: Refusal, context: RefusalContext = {}): Response {
  const { status } = ERRORS[refusal.code];
  const response = inForm(request, refusal, status, context);
  response.headers.set("cache-control", "no-store");
  response.headers.set("x-rustronaut-response", context.reason ?? refusal.code);
  if (isPassing(refusal) || refusal.retryAfterSeconds !== undefined)
    response.headers.set("retry-after", String(refusal.retryAfterSeconds ?? 2));
  const challenge = challengeOf(request, refusal, context.app, context.scope);
  if (challenge !== null) response.headers.set("www-authenticate", challenge);
  for (const [name, value] of cors(request, context.app)) response.headers.set(name, value);
  return response;
}

function inForm(request: Request, refusal: Refusal, status: number, context: RefusalContext): Response {
  if (context.answersTo) return jsonRpc(refusal, status, context.answersTo, context);
  if (showsPage(request)) return page(request, refusal, context);
  return isGrpc(request) ? grpc(refusal, status) : problem(refusal, status, context);
}

/** Whether the same request may succeed in a moment, although nobody changes anything. */
const isPassing = ({ code }: Refusal): boolean =>
  ERRORS[code].status === 503 || code === "upstream_unreachable";

/** Whether the request can only succeed after somebody changes something. Then it does not help to try again. */
const isLasting = ({ code }: Refusal): boolean =>
  code === "upstream_misconfigured" || code === "upstream_malformed";

/** Refusals with a page of their own: they name the decision, and what could change it. */
const DENIALS: ReadonlySet<ErrorCode> = new Set([
  "denied_by_policy",
  "read_only",
  "step_up_required",
  "second_factor_required",
  "sign_in_method_required",
  "approval_required",
  "device_unfit",
  "risk_above_allowed",
]);

function page(
  request: Request,
  refusal: Refusal,
  { app, userEmail, reason, decisionId, number = decisionId, contact, loginUrl, askUrl }: RefusalContext,
): Response {
  const { status, title } = ERRORS[refusal.code];
  const { origin } = new URL(request.url);
  const retryUrl = origin + retryPath(request, app);
  if (app && decisionId !== undefined && DENIALS.has(refusal.code)) {
    const own = pageFor(app.settings.pages, "denied");
    const denied = deniedPage({
      ...own,
      appTitle: app.title,
      path: shownPath(request),
      contact: own?.contact || (contact ?? ""),
      reason: reason ?? refusal.code,
      decisionId,
      userEmail: userEmail ?? null,
      appUrl: loginUrl ?? retryUrl,
      switchUserUrl: `${origin}/.rustronaut/sign-out`,
      askUrl,
    });
    return htmlResponse(denied, status, refusal.code, {}, { copies: true });
  }
  const { code, detail } = refusal;
  const again = isLasting(refusal) ? {} : { retryUrl };
  // A redirect to the sign-in and back would lose something here, such as the data of a form. So the person signs in in
  // a new tab.
  const wayOn =
    loginUrl === undefined ? again : { retryUrl: loginUrl, retryLabel: "Sign in in a new tab", newTab: true };
  const own = app && ownPage(app, code);
  const error = errorPage({
    ...own,
    title: own?.title || title,
    contact: own ? own.contact || (contact ?? "") : "",
    detail,
    code,
    ...(number === undefined ? {} : { requestId: number }),
    ...wayOn,
  });
  return htmlResponse(error, status, code, {}, { framed: loginUrl !== undefined });
}

/** What the app says in its own words about this refusal. */
function ownPage({ settings }: SnapshotApp, code: ErrorCode): AppPage | undefined {
  if (code === "maintenance") return pageFor(settings.pages, "maintenance");
  return code.startsWith("upstream_") ? pageFor(settings.pages, "upstream_down") : undefined;
}

/** The path that was asked for, without its query, because a query may hold secrets. */
const shownPath = (request: Request): string =>
  (splitUrl(request.url)?.target ?? "/").split("?", 1)[0]?.slice(0, 300) ?? "/";

/**
 * Path rules for a request whose app is unknown. They accept every path that some app accepts, so that it can be tried
 * again.
 */
const ANY_APP: TargetRules = { encodedSlashes: true, caseInsensitivePaths: false };

/**
 * The path at which the person can try again: the same page when it can be asked for again, otherwise the start page.
 */
function retryPath(request: Request, app: SnapshotApp | undefined): string {
  if (request.method !== "GET" && request.method !== "HEAD") return "/";
  return returnPath(splitUrl(request.url)?.target ?? "/", app?.settings ?? ANY_APP);
}

const isGrpc = (request: Request) => /^application\/grpc/i.test(request.headers.get("content-type") ?? "");

/** The trailers-only form of the gRPC protocol: the headers hold the status. */
function grpc(refusal: Refusal, status: number): Response {
  return new Response(null, {
    status: 200,
    headers: {
      "content-type": "application/grpc",
      "grpc-status": String(GRPC_STATUS[status] ?? 2),
      "grpc-message": encodeURIComponent(refusal.detail),
    },
  });
}

function problem(refusal: Refusal, status: number, context: RefusalContext): Response {
  const body = problemBody(refusal, context);
  return Response.json(body, { status, headers: { "content-type": "application/problem+json" } });
}

/** The error of JSON-RPC 2.0 §5.1, with the problem as its data. */
function jsonRpc(
  refusal: Refusal,
  status: number,
  { id, code }: JsonRpcAnswer,
  context: RefusalContext,
): Response {
  const { title } = ERRORS[refusal.code];
  const message = `${title}. ${refusal.detail}`;
  const error = { code, message, data: problemBody(refusal, context) };
  return Response.json({ jsonrpc: "2.0", id, error }, { status });
}

function problemBody(refusal: Refusal, { decisionId, number, loginUrl, askUrl }: RefusalContext) {
  const ids = {
    ...(number === undefined ? {} : { request_id: number }),
    ...(decisionId === undefined ? {} : { decision_id: decisionId }),
  };
  return {
    ...toProblem(refusal, ids),
    ...(loginUrl === undefined ? {} : { login_url: loginUrl }),
    ...(askUrl === undefined ? {} : { ask_url: askUrl }),
  };
}

function cors(request: Request, app: SnapshotApp | undefined) {
  if (!app) return [];
  return corsHeaders(request.headers.get("origin"), new URL(request.url).origin, app.settings);
}
