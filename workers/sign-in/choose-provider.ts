import { needQuery } from "../../shared/access/grade/need-query.ts";
import type { Need } from "../../shared/access/grade/verified.ts";
import { SIGN_IN_COOKIE } from "../../shared/access/login/session-cookie.ts";
import { htmlResponse, signInPage } from "../pages/index.ts";
import type { Bindings } from "../platform/env.ts";
import { clearCookie, cookieValues } from "../session/cookies.ts";
import { beginAt } from "./begin-at.ts";
import type { SignInWish } from "./method.ts";
import { enabledProviders } from "./providers.ts";

/** The path where a sign-in with this provider starts, or starts again. @param need What it shall show. */
export function loginPath(providerId: string, appAttemptId: string | null, need: Need | null = null): string {
  const query = new URLSearchParams([
    ...(appAttemptId === null ? [] : [["a", appAttemptId]]),
    ...(need === null ? [] : needQuery(need)),
  ]).toString();
  return `/.rustronaut/login/${providerId}${query === "" ? "" : `?${query}`}`;
}

/**
 * With one provider, the browser goes there. With several, the person chooses. If the browser's cookies prove
 * nothing, they are deleted.
 */
export async function chooseProvider(
  request: Request,
  bindings: Bindings,
  wish: SignInWish,
  appTitle: string | null,
): Promise<Response> {
  const providers = await enabledProviders(bindings.db);
  const [only, ...others] = providers;
  const { switchUser, appAttemptId } = wish;
  let response: Response;
  if (only && others.length === 0) {
    response = await beginAt(only, request, bindings, wish);
  } else {
    const choices = providers.map(({ id, name }) => {
      const href = loginPath(id, appAttemptId);
      return { id, name, href: switchUser ? `${href}${href.includes("?") ? "&" : "?"}switch=1` : href };
    });
    response = htmlResponse(signInPage({ providers: choices, appTitle }), 200, "choose_provider");
  }
  if (!switchUser && cookieValues(request, SIGN_IN_COOKIE).length > 0) {
    response.headers.append("Set-Cookie", clearCookie(SIGN_IN_COOKIE));
  }
  return response;
}
