import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { APP_SESSION_COOKIE } from "../../shared/access/login/session-cookie.ts";
import { continuationOf, withContinuation } from "../../shared/http/continuation.ts";
import { isTopLevel } from "../../shared/http/navigation.ts";
import { splitUrl, type Target } from "../../shared/http/target.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { continueParkedPage, htmlResponse } from "../pages/index.ts";
import type { Bindings } from "../platform/env.ts";
import { sessionsObject } from "../platform/objects.ts";
import { redirect, refusalPage } from "../session/answers.ts";
import { type CurrentSession, currentSession, scopeOf } from "../session/current-session.ts";
import { isSameOriginPost } from "../session/same-site.ts";
import { openBody, openHead, requestOf } from "./parked-request.ts";

export const CONTINUE_PATH = "/.rustronaut/continue";

/** The page on the app's host that sends a parked request on. @param secret Only the waiting tab knows it. */
export const continuePath = (secret: string): string => `${CONTINUE_PATH}?p=${secret}`;

const SECRET = /^[\w-]{43}$/;
const START = { retryUrl: "/", retryLabel: "Open the app" } as const;

/** `GET /.rustronaut/continue?p=…`, after the step-up: a page whose form stands for the parked request. */
export async function serveContinue(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
): Promise<Response> {
  if (request.method !== "GET" || !isTopLevel(request))
    return refusalPage("csrf_rejected", "Open this page in a tab of its own.", START);
  const secret = new URL(request.url).searchParams.get("p") ?? "";
  const current = await sessionOf(request, app, bindings);
  if (current instanceof Response) return current;
  const place = { hash: hashSecret(secret), sessionId: current.session.id, appId: app.id };
  const head = SECRET.test(secret)
    ? await sessionsObject(bindings, current.owner).peekParked(place.sessionId, place.hash)
    : "unknown";
  if (typeof head === "string") return gone(head);
  const { url, headers } = await openHead(bindings, head, place);
  const target = splitUrl(url)?.target ?? "/";
  const site = headers.find(([name]) => name === "sec-fetch-site")?.[1] ?? "same-origin";
  const isForeign = site !== "same-origin" && site !== "none";
  const page = continueParkedPage({
    appTitle: app.title,
    path: target.split("?", 1)[0] ?? "/",
    action: withContinuation(target, secret),
    // What another site's page sent goes on only if the person wants it.
    sentBy: isForeign ? (headers.find(([name]) => name === "origin")?.[1] ?? "another site") : null,
  });
  // The browser shall name the page's origin with the form.
  return htmlResponse(page, 200, "continue", { "Referrer-Policy": "same-origin" }, { submits: true });
}

/**
 * The parked request that this one stands for. The request is taken with that, so it goes on only once. A response if
 * there is none. Null if this request stands for itself.
 *
 * @param target The canonical target of the request.
 */
export async function unpark(
  request: Request,
  app: SnapshotApp,
  target: Target,
  bindings: Bindings,
): Promise<Request | Response | null> {
  const mark = continuationOf(target.query);
  if (mark === null) return null;
  // The address of the answer, opened again: the same page, without sending anything. As it was sent, a path such as
  // `//evil.example` would lead to another host.
  if (request.method === "GET" || request.method === "HEAD")
    return redirect(target.path + mark.query, "already_sent");
  if (request.method !== "POST" || !isSameOriginPost(request) || !isTopLevel(request))
    return refusalPage("csrf_rejected", "Only the page that waited may send this.", START);
  const current = await sessionOf(request, app, bindings);
  if (current instanceof Response) return current;
  const place = { hash: hashSecret(mark.secret), sessionId: current.session.id, appId: app.id };
  const taken = await sessionsObject(bindings, current.owner).takeParked(place.sessionId, place.hash);
  if (typeof taken === "string") return gone(taken);
  const head = await openHead(bindings, taken.head, place);
  if (withContinuation(head.url, mark.secret) !== request.url)
    return refusalPage("parked_request_gone", "This was sent to another address.", START);
  return requestOf(head, await openBody(bindings, taken.body, place), request);
}

async function sessionOf(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
): Promise<CurrentSession | Response> {
  const current = await currentSession(request, bindings, APP_SESSION_COOKIE, scopeOf(app));
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.", START);
  return current === "none" ? gone("unknown") : current;
}

const gone = (why: "unknown" | "taken"): Response =>
  refusalPage(
    "parked_request_gone",
    why === "taken"
      ? "What you sent went on to the application already, once. Look there whether it arrived before you send it again."
      : "What you sent does not wait here any more: it waited for too long, its session ended, or it belongs to another session. It was not sent. Go back to the form and send it again.",
    START,
  );
