import { APP_SESSION_COOKIE } from "../../shared/access/login/session-cookie.ts";
import { maySignIn } from "../../shared/http/navigation.ts";
import type { Bindings } from "../platform/env.ts";
import { refusalPage } from "../session/answers.ts";
import { beginSignIn } from "../session/begin.ts";
import { currentSession, scopeOf } from "../session/current-session.ts";
import { noteTrouble } from "../session/events.ts";
import { hubApp } from "../session/hub-app.ts";

/**
 * The pages contain nothing inline and load nothing from other hosts. Charts set their size through the
 * CSSOM, which this policy always allows.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Serves the dashboard's files. Only a signed-in user gets a page. Others are sent to the sign-in. */
export async function serveDashboard(request: Request, bindings: Bindings): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD")
    return refusalPage("method_not_allowed", "Use GET.");
  const { pathname } = new URL(request.url);
  const isFile = /\.[a-z0-9]+$/i.test(pathname) && pathname !== "/index.html";
  if (isFile) return serveAsset(request, bindings, "asset");
  const current = await currentSession(request, bindings, APP_SESSION_COOKIE, scopeOf(hubApp(bindings)));
  if (current === "stale") {
    return refusalPage("unavailable", "Sessions can't be checked right now. Try again in a moment.", {
      retryUrl: "/",
    });
  }
  if (current === "none") {
    return maySignIn(request)
      ? beginSignIn(request, hubApp(bindings), bindings)
      : refusalPage("unauthenticated", "Sign in first.", { retryUrl: "/" });
  }
  const { role } = current.session.principal;
  if (role === null) {
    const number = await noteTrouble(bindings, "login", "hub.denied", current.session.principal, "hub");
    return refusalPage("forbidden", "Your account is not an administrator of this network.", {
      retryUrl: `${bindings.authOrigin}/`,
      retryLabel: "Your apps",
      number,
    });
  }
  // Every page of the dashboard has its own path, but all paths serve the same HTML page.
  return serveAsset(
    new Request(new URL("/", request.url), { headers: request.headers }),
    bindings,
    "dashboard",
  );
}

/** Signing in also works in a deployment without a dashboard. Only the files are missing then. */
async function serveAsset(
  request: Request,
  bindings: Bindings,
  reason: "asset" | "dashboard",
): Promise<Response> {
  if (!bindings.assets)
    return refusalPage("not_found", "No dashboard was built: run npm run build:dashboard.");
  return withPolicy(await bindings.assets.fetch(request), reason);
}

function withPolicy(response: Response, reason: "asset" | "dashboard"): Response {
  const headers = new Headers(response.headers);
  headers.set("Content-Security-Policy", CONTENT_SECURITY_POLICY);
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("X-Frame-Options", "DENY");
  headers.set("Referrer-Policy", "same-origin");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("X-Rustronaut-Response", reason);
  if (reason === "dashboard") headers.set("Cache-Control", "no-store");
  return new Response(response.body, { status: response.status, headers });
}
