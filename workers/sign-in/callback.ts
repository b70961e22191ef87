import { attemptCookieName, heldAttemptCookies } from "../../shared/access/login/attempt-cookies.ts";
import {
  authTimeOf,
  type ClaimsRefusal,
  readIdentityClaims,
} from "../../shared/access/login/identity-claims.ts";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { SIGN_IN_COOKIE } from "../../shared/access/login/session-cookie.ts";
import type { ProviderAttempt } from "../../shared/access/login/types.ts";
import { isId } from "../../shared/base/ids.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";
import { redirect, refusalPage } from "../session/answers.ts";
import { clearCookie, cookieNames, cookieValues, setCookie } from "../session/cookies.ts";
import { note } from "../session/events.ts";
import { callbackPath } from "./callback-path.ts";
import { loginPath } from "./choose-provider.ts";
import { continueLink, startLink } from "./continue-link.ts";
import { signInSession } from "./current.ts";
import type { Exchanged } from "./method.ts";
import { methodOf } from "./methods.ts";
import { openSignIn } from "./open-sign-in.ts";
import { ProviderFault, ProviderRefusal } from "./provider-fault.ts";
import { ProviderAway } from "./provider-fetch.ts";
import { enabledProvider, type Provider } from "./providers.ts";
import { isOlder } from "./sign-in-age.ts";
import type { UserRefusal } from "./users.ts";

const REFUSALS: Record<ClaimsRefusal | UserRefusal, string> = {
  subject_invalid: "The identity provider did not say who you are.",
  email_missing: "The identity provider sent no usable e-mail address.",
  email_unverified: "Your e-mail address is not verified at the identity provider. Verify it there first.",
  groups_invalid:
    "The identity provider sent malformed groups. An administrator must correct the groups claim.",
  too_many_groups:
    "The identity provider sent too many groups. An administrator must narrow the groups claim.",
  unknown_user: "Your account is not invited here. Ask an administrator to add you.",
  user_disabled: "Your account is disabled. Ask an administrator.",
  other_account_linked:
    "Another account is already linked to your e-mail address: sign in as you did before, or ask an administrator.",
  email_in_use: "Your new e-mail address belongs to another user here. Ask an administrator.",
};

/** `GET /.rustronaut/callback` and `/.rustronaut/callback/<provider>` on the auth host: the identity provider sends the browser back. */
export async function serveCallback(request: Request, bindings: Bindings): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const state = searchParams.get("state") ?? "";
  const attempt = isId("attempt", state) ? await takeAttempt(request, bindings, state) : "unknown";
  if (typeof attempt === "string") return goOnWithout(request, bindings, state, attempt);
  const retryUrl = loginPath(attempt.providerId, attempt.appAttemptId);
  const provider = await enabledProvider(bindings.db, attempt.providerId);
  if (!provider) {
    return refusalPage("login_failed", "This identity provider is switched off now.", { retryUrl: "/" });
  }
  let answer: Exchanged;
  try {
    if (pathname !== callbackPath(provider))
      throw new ProviderFault("the answer came to another provider's address");
    answer = await methodOf(provider).finish(bindings, provider, attempt, state, searchParams);
  } catch (error) {
    if (error instanceof ProviderAway) return providerAway(retryUrl);
    if (!(error instanceof ProviderFault)) throw error;
    const advice =
      error instanceof ProviderRefusal ? error.advice : "The identity provider's answer was not accepted.";
    return fail(bindings, provider, error.message, advice, retryUrl);
  }
  const claims = readIdentityClaims(answer.claims, provider, Date.now());
  if (!claims.ok) return fail(bindings, provider, claims.error, REFUSALS[claims.error], retryUrl);
  if (attempt.signInAfter && !isNewer(authTimeOf(answer.claims), attempt.signInAfter)) {
    return fail(bindings, provider, "auth_time is missing or old", NOT_ASKED, retryUrl);
  }
  const opened = await openSignIn(request, bindings, provider, claims.value, answer.refreshToken);
  if (!opened.ok) {
    if (opened.error === "stale") return refusalPage("unavailable", "Try again in a moment.", { retryUrl });
    return fail(bindings, provider, opened.error, REFUSALS[opened.error], retryUrl);
  }
  return redirect(nextOf(attempt, opened.value), "signed_in", [
    setCookie(SIGN_IN_COOKIE, opened.value),
    clearCookie(attemptCookieName(state)),
  ]);
}

/** Where the browser goes on whose sign-in cookie this is. The attempt's cookie proved that it began here. */
function nextOf({ appAttemptId, askBefore }: ProviderAttempt, cookie: string): string {
  if (appAttemptId === null) return "/";
  return askBefore ? `${startLink(appAttemptId)}&ask=1` : continueLink(appAttemptId, cookie);
}

const NOT_ASKED =
  "The identity provider did not say that you signed in again just now, which this application needs. Tell an administrator.";

/** Asking is no proof: the provider must say when the person signed in (OpenID Connect Core §3.1.2.1, `max_age`). */
const isNewer = (authTime: number | null, signInAfter: number): boolean =>
  authTime !== null && !isOlder({ authentication: { authTime } }, signInAfter);

/**
 * An attempt's trouble matters only to a browser that is not signed in already, and that can't simply begin anew: its
 * cookie had to make room for those of later tabs, or the person took too long. A browser that holds no cookie of ours
 * may keep none, and would go round for ever.
 */
async function goOnWithout(
  request: Request,
  bindings: Bindings,
  state: string,
  reason: string,
): Promise<Response> {
  const past = isId("attempt", state) ? await attemptsObject(bindings, state).recallProvider(state) : null;
  const next = past === null || past.appAttemptId === null ? "/" : startLink(past.appAttemptId);
  const current = await signInSession(request, bindings);
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.", { retryUrl: next });
  if (current !== "none") return redirect(next, "signed_in");
  const retryUrl = past ? loginPath(past.providerId, past.appAttemptId) : "/";
  const wasOvertaken = reason === "wrong_browser" || reason === "expired";
  if (past && wasOvertaken && heldAttemptCookies(cookieNames(request)).length > 0) {
    return redirect(retryUrl, "restart");
  }
  const code = reason === "expired" ? "login_attempt_expired" : "login_attempt_invalid";
  const detail = "This sign-in was finished, was started in another browser, or is too old.";
  return refusalPage(code, detail, past ? { retryUrl } : { retryUrl, retryLabel: "Your apps" });
}

/** Each same-named cookie may try; a wrong one consumes nothing. */
async function takeAttempt(
  request: Request,
  bindings: Bindings,
  state: string,
): Promise<ProviderAttempt | string> {
  for (const secret of cookieValues(request, attemptCookieName(state))) {
    const taken = await attemptsObject(bindings, state).takeProvider(state, hashSecret(secret));
    if (taken !== "wrong_browser") return taken;
  }
  return "wrong_browser";
}

export function providerAway(retryUrl: string): Response {
  return refusalPage(
    "identity_provider_unavailable",
    "The identity provider did not answer. Try again in a moment.",
    { retryUrl },
  );
}

async function fail(
  bindings: Bindings,
  provider: Provider,
  reason: string,
  detail: string,
  retryUrl: string,
): Promise<Response> {
  await note(bindings, "login", "login.failed", "system", provider.id, { reason });
  return refusalPage("login_failed", detail, { retryUrl });
}
