import { isId } from "../../shared/ids.ts";
import { hashSecret } from "../../shared/login/secret-hash.ts";
import { SIGN_IN_COOKIE } from "../../shared/login/session-cookie.ts";
import type { AppAttempt } from "../../shared/login/types.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { HUB_APP_ID } from "../../shared/sessions/types.ts";
import { recordDecision } from "../audit.ts";
import { clearCookie, cookieValues } from "../cookies.ts";
import type { Bindings } from "../env.ts";
import type { CurrentSession } from "../handoff/current-session.ts";
import { note } from "../handoff/events.ts";
import { hubApp } from "../handoff/hub-app.ts";
import { freshId, newSecret } from "../handoff/random.ts";
import { redirect, refuse } from "../handoff/refuse.ts";
import { attemptsObject } from "../objects.ts";
import { deniedPage, htmlResponse, signInPage } from "../pages/index.ts";
import { loadPrincipal } from "../registry/principals.ts";
import { snapshotAt } from "../snapshot.ts";
import { redirectToProvider } from "./authorize.ts";
import { restartUrl } from "./callback.ts";
import { signInSession } from "./current.ts";
import { judgeApp } from "./judge.ts";
import { enabledProviders } from "./providers.ts";

/**
 * `GET /.rustronaut/start?a=…` on the auth host: signs in or reuses the sign-in, asks the policies, and only then
 * makes the one-time code with which the app's host opens its own session.
 */
export async function serveStart(
  request: Request,
  bindings: Bindings,
  ctx: ExecutionContext,
): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const id = searchParams.get("a") ?? "";
  const attempt = isId("attempt", id) ? await attemptsObject(bindings, id).peekApp(id) : null;
  if (!attempt) {
    return refuse("login_attempt_expired", "Open the app again to start a new sign-in.", {
      retryUrl: "/",
      retryLabel: "Your apps",
    });
  }
  const switchUser = searchParams.get("switch") === "1";
  const current = switchUser ? "none" : await signInSession(request, bindings);
  const retryUrl = `/.rustronaut/start?a=${id}`;
  if (current === "stale") return refuse("unavailable", "Try again in a moment.", { retryUrl });
  // Also for the title of the choice, so that a person sees what they sign in for.
  const snapshot = await snapshotAt(bindings, current === "none" ? 0 : current.epoch);
  const app =
    attempt.appId === HUB_APP_ID ? hubApp(bindings) : snapshot.apps.find(({ id }) => id === attempt.appId);
  if (!app || app.host !== hostname(attempt.host)) {
    return refuse("login_attempt_invalid", "The app has gone or has moved.", {
      retryUrl: "/",
      retryLabel: "Your apps",
    });
  }
  if (current === "none") {
    return chooseProvider(request, bindings, id, { appTitle: app.title, switchUser });
  }
  const denial = await denialOf(request, bindings, ctx, app, attempt, current, `${retryUrl}&switch=1`);
  return denial ?? grant(bindings, id, attempt, current);
}

const hostname = (host: string): string => host.replace(/:\d+$/, "");

/** One provider: go there. Several: let the person choose. A browser whose cookies prove nothing loses them. */
export async function chooseProvider(
  request: Request,
  bindings: Bindings,
  appAttemptId: string | null,
  { appTitle, switchUser }: { readonly appTitle: string | null; readonly switchUser: boolean },
): Promise<Response> {
  const providers = await enabledProviders(bindings.db);
  const [only, ...others] = providers;
  let response: Response;
  if (only && others.length === 0) {
    response = await redirectToProvider(request, bindings, only, appAttemptId, { switchUser });
  } else {
    const choices = providers.map(({ id, name }) => {
      const href = restartUrl({ providerId: id, appAttemptId });
      return { id, name, href: switchUser ? `${href}${href.includes("?") ? "&" : "?"}switch=1` : href };
    });
    response = htmlResponse(signInPage({ providers: choices, appTitle }), 200, "choose_provider");
  }
  if (!switchUser && cookieValues(request, SIGN_IN_COOKIE).length > 0) {
    response.headers.append("Set-Cookie", clearCookie(SIGN_IN_COOKIE));
  }
  return response;
}

/** The page for someone whom the policies do not let in, after the decision was recorded; null when they do. */
async function denialOf(
  request: Request,
  bindings: Bindings,
  ctx: ExecutionContext,
  app: SnapshotApp,
  attempt: AppAttempt,
  current: CurrentSession,
  switchUserUrl: string,
): Promise<Response | null> {
  const { principal } = current.session;
  const page = (reason: string, decisionId: string) =>
    htmlResponse(
      deniedPage({
        appTitle: app.title,
        reason,
        decisionId,
        userEmail: principal.email,
        appUrl: `${new URL(bindings.authOrigin).protocol}//${attempt.host}${attempt.returnTo}`,
        switchUserUrl,
      }),
      403,
      "denied_by_policy",
    );
  if (app.id === HUB_APP_ID) {
    const fresh = await loadPrincipal(bindings.db, principal.userId);
    if (fresh?.status === "active" && fresh.role !== null) return null;
    const decisionId = freshId("decision");
    await note(bindings, "login", "hub.denied", `user:${principal.userId}`, decisionId);
    return page("forbidden", decisionId);
  }
  const snapshot = await snapshotAt(bindings, current.epoch);
  const path = attempt.returnTo.split("?", 1)[0] ?? "/";
  const entry = judgeApp(request, snapshot, app, current, path);
  if (entry.decision === "allow") return null;
  await recordDecision(bindings, ctx, entry);
  return page(entry.reason, entry.id);
}

/** Puts a one-time code into the attempt and takes the browser back to the app's host with it. */
async function grant(
  bindings: Bindings,
  attemptId: string,
  attempt: AppAttempt,
  { session, owner }: CurrentSession,
): Promise<Response> {
  const code = newSecret();
  const granted = await attemptsObject(bindings, attemptId).grantCode(attemptId, hashSecret(code), {
    signInSessionId: session.id,
    signInOwner: owner,
    userId: session.principal.userId,
  });
  if (!granted) {
    return refuse("login_attempt_expired", "Open the app again to start a new sign-in.", {
      retryUrl: "/",
      retryLabel: "Your apps",
    });
  }
  const { protocol } = new URL(bindings.authOrigin);
  return redirect(`${protocol}//${attempt.host}/.rustronaut/callback?a=${attemptId}&code=${code}`, "handoff");
}
