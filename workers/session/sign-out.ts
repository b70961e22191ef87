import { APP_SESSION_COOKIE } from "../../shared/access/login/session-cookie.ts";
import { pageFor } from "../../shared/registry/app-pages.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { confirmSignOutPage, htmlResponse, signedOutPage } from "../pages/index.ts";
import type { Bindings } from "../platform/env.ts";
import { refusalPage } from "./answers.ts";
import { clearCookie } from "./cookies.ts";
import { currentSession, scopeOf } from "./current-session.ts";
import { asScope, signOut } from "./end-sessions.ts";
import { csrfToken, isCsrfToken, isSameOriginPost, readForm } from "./same-site.ts";

const PATH = "/.rustronaut/sign-out";

/** Serves `/.rustronaut/sign-out` on an app's host: GET asks the person, POST signs out. */
export async function serveSignOut(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
): Promise<Response> {
  const current = await currentSession(request, bindings, APP_SESSION_COOKIE, scopeOf(app));
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.", { retryUrl: PATH });
  if (request.method === "GET" || request.method === "HEAD") {
    if (current === "none") return signedOut(app);
    const page = confirmSignOutPage({
      action: PATH,
      csrf: csrfToken(current.cookie),
      scopeOptions: [
        { value: "app", label: app.title },
        { value: "device", label: "All apps on this device" },
        { value: "everywhere", label: "All apps on all my devices" },
      ],
    });
    return htmlResponse(page, 200, "confirm_sign_out");
  }
  if (!isSameOriginPost(request)) {
    return refusalPage("csrf_rejected", "Sign out from a page of this site.", { retryUrl: PATH });
  }
  if (current !== "none") {
    const form = await readForm(request);
    const csrf = form?.get("csrf") ?? null;
    // A sign-out button of the app itself does not know the token. Then the origin check is enough. A wrong token is
    // refused.
    if (csrf !== null && !isCsrfToken(csrf, current.cookie)) {
      return refusalPage("csrf_rejected", "The page was out of date.", { retryUrl: PATH });
    }
    const scope = asScope(form?.get("scope") ?? null, "app");
    await signOut(bindings, current, scope, { app: app.name });
  }
  return signedOut(app);
}

function signedOut({ settings }: SnapshotApp): Response {
  const page = signedOutPage({ signInUrl: "/", page: pageFor(settings.pages, "signed_out") });
  return htmlResponse(page, 200, "signed_out", {
    "Set-Cookie": clearCookie(APP_SESSION_COOKIE),
  });
}
