import { isId } from "../../shared/ids.ts";
import { attemptCookieName } from "../../shared/login/attempt-cookies.ts";
import { hashSecret } from "../../shared/login/secret-hash.ts";
import { APP_SESSION_COOKIE } from "../../shared/login/session-cookie.ts";
import { nearestRegion, sessionOwner } from "../../shared/login/session-owner.ts";
import type { AppAttempt, Handoff, Redeemed } from "../../shared/login/types.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { clearCookie, cookieValues, setCookie } from "../cookies.ts";
import type { Bindings } from "../env.ts";
import { attemptsObject, sessionsObject } from "../objects.ts";
import { loadPrincipal } from "../registry/principals.ts";
import { endSession } from "./end-sessions.ts";
import { note } from "./events.ts";
import { openSession } from "./open-session.ts";
import { placeOf } from "./place.ts";
import { freshId } from "./random.ts";
import { redirect, refuse } from "./refuse.ts";

const RESTART = "Open the app again to start a new sign-in.";

/** `GET /.rustronaut/callback?a=…&code=…` on an app's host: turns a one-time code into a session of this app. */
export async function redeemCode(request: Request, app: SnapshotApp, bindings: Bindings): Promise<Response> {
  const url = new URL(request.url);
  const id = url.searchParams.get("a") ?? "";
  const code = url.searchParams.get("code") ?? "";
  if (!isId("attempt", id) || !/^[\w-]{43}$/.test(code)) {
    return refuse("login_attempt_invalid", `The link is incomplete. ${RESTART}`, { retryUrl: "/" });
  }
  const cookieName = attemptCookieName(id);
  const redeemed = await redeemWithAny(bindings, id, code, cookieValues(request, cookieName), url.host);
  if (redeemed.ok && redeemed.attempt.appId === app.id) {
    return openAppSession(request, app, bindings, id, redeemed.attempt, redeemed.handoff);
  }
  if (!redeemed.ok && redeemed.reason === "replayed") await endReplayed(bindings, app, id, redeemed);
  const expired = !redeemed.ok && redeemed.reason === "expired";
  return refuse(
    expired ? "login_attempt_expired" : "login_attempt_invalid",
    `This sign-in was finished, was started in another browser, or is too old. ${RESTART}`,
    { retryUrl: "/" },
  );
}

/** A sibling domain can plant a cookie of the same name, so each value may try; a wrong one consumes nothing. */
async function redeemWithAny(
  bindings: Bindings,
  id: string,
  code: string,
  secrets: readonly string[],
  host: string,
): Promise<Redeemed> {
  let last: Redeemed = { ok: false, reason: "wrong_browser" };
  // Without any cookie it is still asked, so that the replay of a used code is noticed.
  for (const secret of secrets.length > 0 ? secrets : [""]) {
    last = await attemptsObject(bindings, id).redeem(id, hashSecret(code), hashSecret(secret), host);
    if (last.ok || last.reason !== "wrong_browser") return last;
  }
  return last;
}

async function openAppSession(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  attemptId: string,
  attempt: AppAttempt,
  handoff: Handoff,
): Promise<Response> {
  const signIn = await liveSignIn(bindings, handoff);
  const principal = signIn && (await loadPrincipal(bindings.db, handoff.userId));
  if (!signIn || principal?.status !== "active") return signedOutMeanwhile();

  const id = freshId("session");
  const owner = sessionOwner(app.segmentId, nearestRegion(placeOf(request)), principal.userId);
  // Known before the session exists: a replay at any later moment finds what to end.
  await attemptsObject(bindings, attemptId).recordSession(attemptId, id, owner);
  const opened = await openSession(request, bindings, owner, {
    id,
    kind: "app",
    appId: app.id,
    parentId: handoff.signInSessionId,
    parentOwner: handoff.signInOwner,
    principal,
    authentication: signIn.authentication,
    lifetime: {
      idleSeconds: app.settings.idleSeconds,
      absoluteSeconds: app.settings.absoluteSeconds,
    },
  });
  if (!opened.ok && opened.error === "user_disabled") {
    return refuse("login_failed", "Your account is disabled. Ask an administrator.");
  }
  if (!opened.ok) return refuse("unavailable", "Try again in a moment.", { retryUrl: attempt.returnTo });

  // A sign-out may have run meanwhile: it ends the sign-in session first, then what the index lists.
  if (!(await liveSignIn(bindings, handoff))) {
    await endSession(bindings, owner, id, "parent_ended");
    return signedOutMeanwhile();
  }
  await note(bindings, "session", "session.start", `user:${principal.userId}`, id, { app: app.name });
  return redirect(attempt.returnTo, "signed_in", [
    setCookie(APP_SESSION_COOKIE, opened.value.cookie),
    clearCookie(attemptCookieName(attemptId)),
  ]);
}

async function liveSignIn(bindings: Bindings, handoff: Handoff) {
  const found = await sessionsObject(bindings, handoff.signInOwner).list({
    by: "session",
    id: handoff.signInSessionId,
  });
  return found.find((session) => session.id === handoff.signInSessionId) ?? null;
}

function signedOutMeanwhile(): Response {
  return refuse("login_attempt_invalid", `You were signed out in the meantime. ${RESTART}`, {
    retryUrl: "/",
  });
}

/** A used code was shown again: someone else may hold it, so the session that it made ends (RFC 9700 §4.5). */
async function endReplayed(
  bindings: Bindings,
  app: SnapshotApp,
  attemptId: string,
  { sessionId, sessionOwner: owner }: { sessionId: string | null; sessionOwner: string | null },
): Promise<void> {
  if (sessionId !== null && owner !== null) await endSession(bindings, owner, sessionId, "code_replayed");
  await note(bindings, "login", "login.code_replayed", "system", attemptId, {
    app: app.name,
    session: sessionId,
  });
}
