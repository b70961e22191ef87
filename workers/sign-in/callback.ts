import { heldAttemptCookies } from "../../shared/access/login/attempt-cookies.ts";
import { isId } from "../../shared/base/ids.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";
import { redirect, refusalPage } from "../session/answers.ts";
import { cookieNames } from "../session/cookies.ts";
import { noteTrouble } from "../session/events.ts";
import { asItsBrowser } from "./attempt.ts";
import { callbackPath } from "./callback-path.ts";
import { loginPath } from "./choose-provider.ts";
import { startLink } from "./continue-link.ts";
import { signInSession } from "./current.ts";
import { failSignIn, finishSignIn } from "./finish-sign-in.ts";
import type { Exchanged } from "./method.ts";
import { methodOf } from "./methods.ts";
import { ProviderFault, ProviderRefusal } from "./provider-fault.ts";
import { ProviderAway } from "./provider-fetch.ts";
import { enabledProvider } from "./providers.ts";

/**
 * `GET /.rustronaut/callback` and `/.rustronaut/callback/<provider>` on the auth host: the identity provider
 * sends the browser back to these paths.
 */
export async function serveCallback(request: Request, bindings: Bindings): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const state = searchParams.get("state") ?? "";
  const attempt = await asItsBrowser(
    request,
    state,
    (browserHash) => attemptsObject(bindings, state).takeProvider(state, browserHash),
    (taken) => taken === "wrong_browser",
  );
  if (typeof attempt === "string") return goOnWithout(request, bindings, state, attempt);
  const retryUrl = loginPath(attempt.providerId, attempt.appAttemptId);
  const provider = await enabledProvider(bindings.db, attempt.providerId);
  if (!provider) {
    return refusalPage("login_failed", "This identity provider is switched off now.", { retryUrl: "/" });
  }
  let answer: Exchanged;
  try {
    const { finish } = await methodOf(provider);
    if (!finish || pathname !== callbackPath(provider)) {
      throw new ProviderFault("the answer came to another provider's address");
    }
    answer = await finish(bindings, provider, attempt, state, searchParams);
  } catch (error) {
    if (error instanceof ProviderAway) return providerAway(bindings, error, retryUrl, provider.id);
    if (!(error instanceof ProviderFault)) throw error;
    const advice =
      error instanceof ProviderRefusal ? error.advice : "The identity provider's answer was not accepted.";
    return failSignIn(bindings, provider, error.message, advice, retryUrl);
  }
  const signedIn = await finishSignIn(request, bindings, provider, attempt, state, answer);
  return signedIn instanceof Response ? signedIn : redirect(signedIn.next, "signed_in", signedIn.cookies);
}

/**
 * The fault of an attempt doesn't matter if the browser is already signed in, or if it can simply start
 * again. It can start again if its cookie was removed to make room for those of later tabs, or if the person
 * took too long. A browser without any of our cookies may store no cookies, and would start again for ever.
 */
export async function goOnWithout(
  request: Request,
  bindings: Bindings,
  state: string,
  reason: string,
  go: (next: string, reason: string) => Response = redirect,
): Promise<Response> {
  const past = isId("attempt", state) ? await attemptsObject(bindings, state).recallProvider(state) : null;
  const next = past === null || past.appAttemptId === null ? "/" : startLink(past.appAttemptId);
  const current = await signInSession(request, bindings);
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.", { retryUrl: next });
  if (current !== "none") return go(next, "signed_in");
  const retryUrl = past ? loginPath(past.providerId, past.appAttemptId) : "/";
  const wasOvertaken = reason === "wrong_browser" || reason === "expired";
  if (past && wasOvertaken && heldAttemptCookies(cookieNames(request)).length > 0) {
    return redirect(retryUrl, "restart");
  }
  const code = reason === "expired" ? "login_attempt_expired" : "login_attempt_invalid";
  const detail = "This sign-in was finished, was started in another browser, or is too old.";
  return refusalPage(code, detail, past ? { retryUrl } : { retryUrl, retryLabel: "Your apps" });
}

/**
 * An outage is recorded, so that an administrator can look up the number that a person reports.
 *
 * @param provider The provider's id, if it is known.
 */
export async function providerAway(
  bindings: Bindings,
  { message }: ProviderAway,
  retryUrl: string,
  provider = "identity_provider",
): Promise<Response> {
  const about = { reason: message };
  const number = await noteTrouble(bindings, "login", "login.provider_away", "system", provider, about);
  return refusalPage(
    "identity_provider_unavailable",
    "The identity provider did not answer. Try again in a moment.",
    { retryUrl, number },
  );
}
