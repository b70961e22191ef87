import * as oauth from "oauth4webapi";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";
import { freshId, newSecret } from "../platform/random.ts";
import { redirect } from "../session/answers.ts";
import { attemptCookies } from "../session/attempt-cookie.ts";
import { discover } from "./discovery.ts";
import type { Provider } from "./providers.ts";
import { ProviderFault } from "./verify-jws.ts";

export const callbackUri = (bindings: Bindings): string => `${bindings.authOrigin}/.rustronaut/callback`;

/** What a sign-in must be like. */
export interface SignInWish {
  /** The app's attempt that waits for this sign-in, or null. */
  readonly appAttemptId: string | null;
  /** The person must be asked before that attempt ends in a session: it may be another's. */
  readonly askBefore: boolean;
  /** Another account than the one that the provider remembers. */
  readonly switchUser: boolean;
  /** Newer than this moment (milliseconds), or null. */
  readonly signInAfter: number | null;
}

/**
 * Sends the browser to the identity provider (authorization code with PKCE S256). The attempt is the state;
 * a cookie binds it to this browser.
 */
export async function redirectToProvider(
  request: Request,
  bindings: Bindings,
  provider: Provider,
  wish: SignInWish,
): Promise<Response> {
  const server = await discover(bindings, provider.issuer);
  if (server.authorization_endpoint === undefined) throw new ProviderFault("no authorization endpoint");
  const id = freshId("attempt");
  const secret = newSecret();
  const nonce = oauth.generateRandomNonce();
  const codeVerifier = oauth.generateRandomCodeVerifier();
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
  const target = new URL(server.authorization_endpoint);
  // OpenID Connect Core §11: some providers give a refresh token only after consent in this very sign-in.
  const prompts = [
    ...(wish.switchUser || wish.signInAfter !== null ? ["login"] : []),
    ...(provider.offlineAccess === "consent" ? ["consent"] : []),
  ];
  const parameters = {
    client_id: provider.clientId,
    redirect_uri: callbackUri(bindings),
    response_type: "code",
    scope: scopesOf(provider),
    state: id,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
    ...(prompts.length > 0 ? { prompt: prompts.join(" ") } : {}),
    // With it the provider must say when the person signed in (OpenID Connect Core §3.1.2.1).
    ...(wish.signInAfter !== null ? { max_age: "0" } : {}),
  };
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  return redirect(target.href, "to_provider", attemptCookies(request, id, secret));
}

function scopesOf({ scopes, offlineAccess }: Provider): string {
  if (offlineAccess === "no" || scopes.split(" ").includes("offline_access")) return scopes;
  return `${scopes} offline_access`;
}
