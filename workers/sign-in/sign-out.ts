import { SIGN_IN_COOKIE } from "../../shared/access/login/session-cookie.ts";
import { confirmSignOutPage, htmlResponse, signedOutPage } from "../pages/index.ts";
import type { Bindings } from "../platform/env.ts";
import { refusalPage } from "../session/answers.ts";
import { clearCookie } from "../session/cookies.ts";
import { asScope, signOut } from "../session/end-sessions.ts";
import { csrfToken, isCsrfToken, isSameOriginPost, readForm } from "../session/same-site.ts";
import { signInSession } from "./current.ts";
import { methodOf } from "./methods.ts";
import { enabledProvider } from "./providers.ts";

const PATH = "/.rustronaut/sign-out";

/** `GET /.rustronaut/sign-out` on the auth host: asks the person what to end. */
export async function askSignOut(request: Request, bindings: Bindings): Promise<Response> {
  const current = await signInSession(request, bindings);
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.", { retryUrl: PATH });
  if (current === "none") return signedOut();
  const page = confirmSignOutPage({
    action: PATH,
    csrf: csrfToken(current.cookie),
    scopeOptions: [
      { value: "device", label: "All apps on this device" },
      { value: "everywhere", label: "All apps on all my devices" },
    ],
  });
  return htmlResponse(page, 200, "confirm_sign_out");
}

/** `POST /.rustronaut/sign-out` on the auth host: first ends our sessions, then tells the identity provider. */
export async function doSignOut(request: Request, bindings: Bindings): Promise<Response> {
  const current = await signInSession(request, bindings);
  if (current === "stale") return refusalPage("unavailable", "Try again in a moment.", { retryUrl: PATH });
  if (current === "none") return signedOut();
  const form = await readForm(request);
  if (!isSameOriginPost(request) || !isCsrfToken(form?.get("csrf") ?? "", current.cookie)) {
    return refusalPage("csrf_rejected", "Sign out from a page of this site.", { retryUrl: PATH });
  }
  const scope = asScope(form?.get("scope") ?? null, "device");
  const { session } = current;
  await signOut(bindings, current, scope);
  const next = await providerLogoutUrl(bindings, session.authentication.providerId, session.principal.email);
  return signedOut(next);
}

/**
 * Uses `Refresh` instead of a redirect. With a redirect, `form-action` would have to list every provider that
 * a POST may lead to.
 */
export function signedOut(next: string | null = null): Response {
  const headers = new Headers({ "Set-Cookie": clearCookie(SIGN_IN_COOKIE) });
  if (next !== null) headers.set("Refresh", `0; url=${next}`);
  return htmlResponse(signedOutPage({ signInUrl: "/" }), 200, "signed_out", headers);
}

/**
 * The address where the identity provider ends its own session, or null. A failure of the provider never
 * keeps our session alive.
 */
async function providerLogoutUrl(
  bindings: Bindings,
  providerId: string,
  email: string,
): Promise<string | null> {
  try {
    const provider = await enabledProvider(bindings.db, providerId);
    const url = provider && (await (await methodOf(provider)).logoutUrl?.(bindings, provider, email));
    return url?.href ?? null;
  } catch {
    return null;
  }
}
