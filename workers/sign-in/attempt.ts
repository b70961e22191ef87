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

/** The data that the start and the end of a sign-in share. */
export interface Begun {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/**
 * Starts an attempt. The id of the attempt is the state. A cookie binds the attempt to this browser.
 *
 * @param prepare Called before the attempt is stored, so that no attempt is stored if the provider can't be
 *   reached.
 * @returns The result of `prepare`, and the `Set-Cookie` values.
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
    need: wish.need ?? null,
    ...(wish.goesTo === undefined ? {} : { goesTo: wish.goesTo }),
  });
  return { prepared, cookies: attemptCookies(request, state, secret) };
}

/**
 * Acts on an attempt as the browser that started it. A sibling domain can plant a cookie with the same name,
 * so each cookie is tried. A wrong cookie changes nothing.
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
