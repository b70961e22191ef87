import * as oauth from "oauth4webapi";
import { attemptCookieName } from "../../shared/access/login/attempt-cookies.ts";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { isId } from "../../shared/base/ids.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";
import { freshId, newSecret } from "../platform/random.ts";
import { attemptCookies } from "../session/attempt-cookie.ts";
import { cookieValues } from "../session/cookies.ts";
import type { SignInWish } from "./method.ts";
import type { Provider } from "./providers.ts";

/** What the beginning of a sign-in and its end have in common. */
export interface Begun {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/**
 * Begins an attempt. Its id is the state; a cookie binds it to this browser.
 *
 * @param prepare Called before the attempt is stored, so that a provider that is away leaves none.
 * @returns What was prepared, and the `Set-Cookie` values.
 */
export async function beginAttempt<T>(
  request: Request,
  bindings: Bindings,
  provider: Provider,
  wish: SignInWish,
  prepare: (begun: Begun) => Promise<T> | T,
): Promise<{ readonly prepared: T; readonly cookies: string[] }> {
  const state = freshId("attempt");
  const secret = newSecret();
  const nonce = oauth.generateRandomNonce();
  const codeVerifier = oauth.generateRandomCodeVerifier();
  const prepared = await prepare({ state, nonce, codeVerifier });
  await attemptsObject(bindings, state).start(state, {
    kind: "provider",
    providerId: provider.id,
    nonce,
    codeVerifier,
    browserHash: hashSecret(secret),
    appAttemptId: wish.appAttemptId,
    askBefore: wish.askBefore,
    signInAfter: wish.signInAfter,
  });
  return { prepared, cookies: attemptCookies(request, state, secret) };
}

/**
 * Acts on an attempt as the browser that began it. A sibling domain can plant a cookie of the same name, so each may try;
 * a wrong one changes nothing.
 */
export async function asItsBrowser<T>(
  request: Request,
  state: string,
  act: (browserHash: string) => Promise<T>,
  isOfAnother: (outcome: T) => boolean,
): Promise<T | "unknown" | "wrong_browser"> {
  if (!isId("attempt", state)) return "unknown";
  for (const secret of cookieValues(request, attemptCookieName(state))) {
    const outcome = await act(hashSecret(secret));
    if (!isOfAnother(outcome)) return outcome;
  }
  return "wrong_browser";
}
