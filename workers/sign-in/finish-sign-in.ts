import { attemptCookieName } from "../../shared/access/login/attempt-cookies.ts";
import {
  authTimeOf,
  type ClaimsRefusal,
  readIdentityClaims,
} from "../../shared/access/login/identity-claims.ts";
import { SIGN_IN_COOKIE } from "../../shared/access/login/session-cookie.ts";
import type { ProviderAttempt } from "../../shared/access/login/types.ts";
import type { Bindings } from "../platform/env.ts";
import { refusalPage } from "../session/answers.ts";
import { clearCookie, setCookie } from "../session/cookies.ts";
import { note } from "../session/events.ts";
import { loginPath } from "./choose-provider.ts";
import { continueLink, startLink } from "./continue-link.ts";
import type { Exchanged } from "./method.ts";
import { openSignIn } from "./open-sign-in.ts";
import type { Provider } from "./providers.ts";
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
  user_expired: "Your access has ended. Ask an administrator to extend it.",
  other_account_linked:
    "Another account is already linked to your e-mail address: sign in as you did before, or ask an administrator.",
  email_in_use: "Your new e-mail address belongs to another user here. Ask an administrator.",
};

const NOT_ASKED =
  "The identity provider did not say that you signed in again just now, which this application needs. Tell an administrator.";

/** The next address for the browser of a signed-in person, and the `Set-Cookie` values. */
export interface SignedIn {
  readonly next: string;
  readonly cookies: readonly string[];
}

/**
 * Signs in the person whom a provider of any kind confirmed.
 *
 * @returns A page with the refusal if the person may not sign in.
 */
export async function finishSignIn(
  request: Request,
  bindings: Bindings,
  provider: Provider,
  attempt: ProviderAttempt,
  state: string,
  answer: Exchanged,
): Promise<SignedIn | Response> {
  const retryUrl = loginPath(attempt.providerId, attempt.appAttemptId);
  const claims = readIdentityClaims(answer.claims, provider, Date.now());
  if (!claims.ok) return failSignIn(bindings, provider, claims.error, REFUSALS[claims.error], retryUrl);
  if (attempt.signInAfter && !isNewer(authTimeOf(answer.claims), attempt.signInAfter)) {
    return failSignIn(bindings, provider, "auth_time is missing or old", NOT_ASKED, retryUrl);
  }
  const opened = await openSignIn(request, bindings, provider, claims.value, answer.refreshToken);
  if (!opened.ok) {
    if (opened.error === "stale") return refusalPage("unavailable", "Try again in a moment.", { retryUrl });
    return failSignIn(bindings, provider, opened.error, REFUSALS[opened.error], retryUrl);
  }
  return {
    next: nextOf(attempt, opened.value),
    cookies: [setCookie(SIGN_IN_COOKIE, opened.value), clearCookie(attemptCookieName(state))],
  };
}

/**
 * The next address for the browser with this sign-in cookie. The cookie of the attempt proved that the
 * attempt started in this browser.
 */
function nextOf({ appAttemptId, askBefore, need, goesTo = "/" }: ProviderAttempt, cookie: string): string {
  if (appAttemptId === null) return goesTo;
  const link = askBefore ? `${startLink(appAttemptId)}&ask=1` : continueLink(appAttemptId, cookie);
  return need ? `${link}&tried=1` : link;
}

/**
 * Asking for a new sign-in proves nothing. The provider must say when the person signed in (OpenID Connect
 * Core §3.1.2.1, `max_age`).
 */
const isNewer = (authTime: number | null, signInAfter: number): boolean =>
  authTime !== null && !isOlder({ authentication: { acr: null, amr: [], authTime } }, signInAfter);

/**
 * @param reason The reason for the audit log.
 * @param detail The explanation for the person.
 */
export async function failSignIn(
  bindings: Bindings,
  provider: Provider,
  reason: string,
  detail: string,
  retryUrl: string,
): Promise<Response> {
  const number = await note(bindings, "login", "login.failed", "system", provider.id, { reason });
  return refusalPage("login_failed", detail, { retryUrl, number });
}
