import { attemptCookieName, heldAttemptCookies } from "../../shared/access/login/attempt-cookies.ts";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { APP_SESSION_COOKIE } from "../../shared/access/login/session-cookie.ts";
import type { AppAttempt, Handoff, Redeemed } from "../../shared/access/login/types.ts";
import { isId } from "../../shared/base/ids.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";
import { redirect, refusalPage } from "./answers.ts";
import { nextInChain, signInElsewhere } from "./chain.ts";
import { clearCookie, cookieNames, cookieValues, setCookie } from "./cookies.ts";
import { currentSession, scopeOf } from "./current-session.ts";
import { openFromSignIn } from "./open-from.ts";
import { raiseFromSignIn } from "./raise-session.ts";
import { endReplayed } from "./replayed-code.ts";

const RESTART = "Open the app again to start a new sign-in.";

/** `GET /.rustronaut/callback?a=…&code=…` on an app's host: turns a one-time code into a session of this app. */
export async function redeemCode(request: Request, app: SnapshotApp, bindings: Bindings): Promise<Response> {
  const url = new URL(request.url);
  const id = url.searchParams.get("a") ?? "";
  const code = url.searchParams.get("code") ?? "";
  if (!isId("attempt", id) || !/^[\w-]{43}$/.test(code)) {
    return refusalPage("login_attempt_invalid", `The link is incomplete. ${RESTART}`, { retryUrl: "/" });
  }
  // A sibling domain can plant a cookie of the same name, so each value is tried. The attempt is asked even when there
  // is no value, because a code must be spent as soon as it was shown.
  const hashes = cookieValues(request, attemptCookieName(id)).map(hashSecret);
  const redeemed = await attemptsObject(bindings, id).redeem(id, hashSecret(code), hashes, url.host);
  if (!redeemed.ok) return goOnWithout(request, app, bindings, id, redeemed);
  if (redeemed.attempt.appId !== app.id) return refuseAttempt("login_attempt_invalid", "/");
  const { attempt, handoff } = redeemed;
  return attempt.raises
    ? raiseAppSession(request, app, bindings, id, attempt, handoff)
    : openAppSession(request, app, bindings, id, attempt, handoff);
}

/**
 * Gives the session that the step-up began with what its person showed. A browser that holds another session by now, or
 * signed in as another person, goes on as it is: the app decides anew.
 */
async function raiseAppSession(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  attemptId: string,
  attempt: AppAttempt,
  handoff: Handoff,
): Promise<Response> {
  const current = await currentSession(request, bindings, APP_SESSION_COOKIE, scopeOf(app));
  if (current === "stale")
    return refusalPage("unavailable", "Try again in a moment.", { retryUrl: attempt.returnTo });
  const isSame = current !== "none" && current.session.id === attempt.raises?.id;
  const cookie = isSame ? await raiseFromSignIn(request, bindings, attemptId, handoff, current) : null;
  return redirect(attempt.returnTo, cookie === null ? "not_raised" : "signed_in", [
    ...(cookie === null ? [] : [setCookie(APP_SESSION_COOKIE, cookie)]),
    clearCookie(attemptCookieName(attemptId)),
  ]);
}

/**
 * Answers when an attempt could not be redeemed. A browser that is already signed in goes on. A browser that can simply
 * begin again does so. Only other browsers get a refusal.
 */
async function goOnWithout(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  id: string,
  redeemed: Extract<Redeemed, { ok: false }>,
): Promise<Response> {
  const current = await currentSession(request, bindings, APP_SESSION_COOKIE, scopeOf(app));
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.", { retryUrl: "/" });
  const made = redeemed.reason === "replayed" ? redeemed.sessionId : null;
  const isOurs = current !== "none" && current.session.id === made;
  const own = redeemed.attempt?.isOwn || isOurs ? redeemed.attempt?.attempt : undefined;
  const returnTo = own?.host === new URL(request.url).host ? own.returnTo : "/";
  // When the browser holds the session that this code made, it only shows its own code again: the person went back or
  // opened the link twice. That is no theft.
  if (redeemed.reason === "replayed" && !isOurs) await endReplayed(bindings, app.name, id, redeemed);
  if (redeemed.attempt?.attempt.chain) {
    const next = await nextInChain(bindings, redeemed.attempt.attempt);
    return redirect(next, "chain", [clearCookie(attemptCookieName(id))]);
  }
  if (current !== "none") return redirect(returnTo, "signed_in", [clearCookie(attemptCookieName(id))]);
  if (wasOvertaken(request, redeemed)) {
    return redirect(returnTo, "restart", [clearCookie(attemptCookieName(id))]);
  }
  const isOld = redeemed.reason === "expired";
  return refuseAttempt(isOld ? "login_attempt_expired" : "login_attempt_invalid", returnTo);
}

/**
 * Whether the sign-in should simply begin again: it was too slow, or its cookie was dropped for the cookies of later
 * tabs. A browser that holds no cookie of ours may keep no cookies at all. Such a browser would begin again without
 * end, so it gets a refusal.
 */
function wasOvertaken(request: Request, { reason, attempt }: Extract<Redeemed, { ok: false }>): boolean {
  if (reason === "expired") return attempt?.isOwn ?? false;
  return reason === "wrong_browser" && heldAttemptCookies(cookieNames(request)).length > 0;
}

const refuseAttempt = (code: "login_attempt_invalid" | "login_attempt_expired", retryUrl: string): Response =>
  refusalPage(code, `This sign-in was finished, was started in another browser, or is too old. ${RESTART}`, {
    retryUrl,
  });

async function openAppSession(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  attemptId: string,
  attempt: AppAttempt,
  handoff: Handoff,
): Promise<Response> {
  const opened = await openFromSignIn(request, bindings, attemptId, handoff, {
    app,
    host: app.host,
    isBelow: true,
    lifetime: {
      idleSeconds: app.settings.idleSeconds,
      absoluteSeconds: app.settings.absoluteSeconds,
    },
  });
  if (opened.ok) {
    const cookies = [
      setCookie(APP_SESSION_COOKIE, opened.value.cookie),
      clearCookie(attemptCookieName(attemptId)),
    ];
    if (attempt.chain) return redirect(await nextInChain(bindings, attempt), "signed_in", cookies);
    return app.hosts.length > 1
      ? signInElsewhere(bindings, app, attempt, handoff, cookies)
      : redirect(attempt.returnTo, "signed_in", cookies);
  }
  switch (opened.error) {
    case "signed_out":
      return refusalPage("login_attempt_invalid", `You were signed out in the meantime. ${RESTART}`, {
        retryUrl: attempt.returnTo,
      });
    case "user_disabled":
      return refusalPage("login_failed", "Your account is disabled. Ask an administrator.");
    case "stale":
      return refusalPage("unavailable", "Try again in a moment.", { retryUrl: attempt.returnTo });
  }
}
