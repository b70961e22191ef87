import { isId } from "../../shared/ids.ts";
import { attemptCookieName } from "../../shared/login/attempt-cookies.ts";
import { type ClaimsRefusal, readIdentityClaims } from "../../shared/login/identity-claims.ts";
import { hashSecret } from "../../shared/login/secret-hash.ts";
import type { ProviderAttempt } from "../../shared/login/types.ts";
import { clearCookie, cookieValues } from "../cookies.ts";
import type { Bindings } from "../env.ts";
import { note } from "../handoff/events.ts";
import { redirect, refuse } from "../handoff/refuse.ts";
import { attemptsObject } from "../objects.ts";
import { type Exchanged, exchangeCode } from "./exchange.ts";
import { openSignIn } from "./open-sign-in.ts";
import { ProviderAway } from "./provider-fetch.ts";
import { enabledProvider, type Provider } from "./providers.ts";
import type { UserRefusal } from "./users.ts";
import { ProviderFault } from "./verify-jws.ts";

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

/** `GET /.rustronaut/callback` on the auth host: the identity provider sends the browser back. */
export async function serveCallback(request: Request, bindings: Bindings): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const state = searchParams.get("state") ?? "";
  const attempt = isId("attempt", state) ? await takeAttempt(request, bindings, state) : "unknown";
  if (typeof attempt === "string") {
    const code = attempt === "expired" ? "login_attempt_expired" : "login_attempt_invalid";
    return refuse(code, "This sign-in was finished, was started in another browser, or is too old.", {
      retryUrl: "/",
      retryLabel: "Your apps",
    });
  }
  const retryUrl = restartUrl(attempt);
  const provider = await enabledProvider(bindings.db, attempt.providerId);
  if (!provider) {
    return refuse("login_failed", "This identity provider is switched off now.", { retryUrl: "/" });
  }
  let answer: Exchanged;
  try {
    answer = await exchangeCode(bindings, provider, attempt, state, searchParams);
  } catch (error) {
    if (error instanceof ProviderAway) return providerAway(retryUrl);
    if (!(error instanceof ProviderFault)) throw error;
    return fail(
      bindings,
      provider,
      error.message,
      "The identity provider's answer was not accepted.",
      retryUrl,
    );
  }
  const claims = readIdentityClaims(answer.claims, provider.groupsClaim, Date.now());
  if (!claims.ok) return fail(bindings, provider, claims.error, REFUSALS[claims.error], retryUrl);
  const opened = await openSignIn(request, bindings, provider, claims.value, answer.refreshToken);
  if (!opened.ok) {
    if (opened.error === "stale") return refuse("unavailable", "Try again in a moment.", { retryUrl });
    return fail(bindings, provider, opened.error, REFUSALS[opened.error], retryUrl);
  }
  const next = attempt.appAttemptId === null ? "/" : `/.rustronaut/start?a=${attempt.appAttemptId}`;
  return redirect(next, "signed_in", [...opened.value, clearCookie(attemptCookieName(state))]);
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

/** Where the same sign-in starts again. */
export function restartUrl(attempt: Pick<ProviderAttempt, "providerId" | "appAttemptId">): string {
  const query = attempt.appAttemptId === null ? "" : `?a=${attempt.appAttemptId}`;
  return `/.rustronaut/login/${attempt.providerId}${query}`;
}

export function providerAway(retryUrl: string): Response {
  return refuse(
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
  return refuse("login_failed", detail, { retryUrl });
}
