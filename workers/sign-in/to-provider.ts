import * as oauth from "oauth4webapi";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";
import { freshId, newSecret } from "../platform/random.ts";
import { redirect } from "../session/answers.ts";
import { attemptCookies } from "../session/attempt-cookie.ts";
import type { SignInWish } from "./method.ts";
import type { Provider } from "./providers.ts";

/** What a request to a provider and its answer have in common. */
export interface Begun {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/**
 * Sends the browser to the identity provider. The attempt is the state; a cookie binds it to this browser.
 *
 * @param addressOf Where it goes; asked before the attempt is stored, so that a provider that is away leaves none.
 */
export async function redirectToProvider(
  request: Request,
  bindings: Bindings,
  provider: Provider,
  wish: SignInWish,
  addressOf: (begun: Begun) => Promise<URL>,
): Promise<Response> {
  const id = freshId("attempt");
  const secret = newSecret();
  const nonce = oauth.generateRandomNonce();
  const codeVerifier = oauth.generateRandomCodeVerifier();
  const address = await addressOf({ state: id, nonce, codeVerifier });
  await attemptsObject(bindings, id).start(id, {
    kind: "provider",
    providerId: provider.id,
    nonce,
    codeVerifier,
    browserHash: hashSecret(secret),
    appAttemptId: wish.appAttemptId,
    askBefore: wish.askBefore,
    signInAfter: wish.signInAfter,
  });
  return redirect(address.href, "to_provider", attemptCookies(request, id, secret));
}
