import { readNeed } from "../../shared/access/grade/need-query.ts";
import { APP_SESSION_COOKIE } from "../../shared/access/login/session-cookie.ts";
import { CHAIN, SIGN_IN_PATH } from "../../shared/access/login/sign-in-path.ts";
import { isTopLevel, maySignIn } from "../../shared/http/navigation.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { refusalPage } from "./answers.ts";
import { beginSignIn, type Purpose } from "./begin.ts";
import { joinSignIn } from "./chain.ts";
import { currentSession, scopeOf } from "./current-session.ts";
import { redeemCode } from "./redeem.ts";
import { serveSignOut } from "./sign-out.ts";

/**
 * Serves the paths that the sign-in needs on an app's host and on the hub's host: `/.rustronaut/sign-in`,
 * `/.rustronaut/callback` and `/.rustronaut/sign-out`. The caller serves some other paths below `/.rustronaut/` itself.
 * All the rest is answered with 404 here.
 */
export async function serveReserved(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  _ctx: ExecutionContext,
): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const reads = request.method === "GET" || request.method === "HEAD";
  switch (pathname) {
    case SIGN_IN_PATH:
      if (!maySignIn(request)) return notHere();
      if (searchParams.has(CHAIN)) return joinSignIn(request, app, bindings, searchParams.get(CHAIN) ?? "");
      return beginSignIn(request, app, bindings, await purposeOf(request, app, bindings));
    case "/.rustronaut/callback":
      if (request.method !== "GET") return wrongMethod("GET");
      if (!isTopLevel(request)) return notHere();
      return redeemCode(request, app, bindings);
    case "/.rustronaut/sign-out":
      if (!reads && request.method !== "POST") return wrongMethod("GET, POST");
      return serveSignOut(request, app, bindings);
    default:
      return refusalPage("not_found", "This address names no page.", {
        retryUrl: "/",
        retryLabel: "Open the app",
      });
  }
}

/**
 * What the address asks for. `fresh`: the person must show again who they are, even if they did so a short time ago, or
 * as `readNeed` says. `device`: the browser must prove its device again.
 */
async function purposeOf(request: Request, app: SnapshotApp, bindings: Bindings): Promise<Purpose> {
  const { searchParams } = new URL(request.url);
  if (searchParams.get("device") === "1") return { proveAfter: Date.now() };
  if (searchParams.get("fresh") !== "1") return {};
  const current = await currentSession(request, bindings, APP_SESSION_COOKIE, scopeOf(app));
  const need = readNeed(searchParams);
  const isPrecise = need !== null && (need.maxAge !== null || need.acr !== null || need.amr.length > 0);
  return {
    need,
    signInAfter: isPrecise ? null : Date.now(),
    ...(typeof current === "object" ? { raises: { id: current.session.id, owner: current.owner } } : {}),
  };
}

/** Refuses a sign-in in a frame or for a script, because the person would not see it. */
const notHere = (): Response => refusalPage("csrf_rejected", "Open this page in a tab of its own.");

function wrongMethod(allowed: string): Response {
  return refusalPage("method_not_allowed", `Use ${allowed}.`, { headers: { Allow: allowed } });
}
