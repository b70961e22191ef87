import * as oauth from "oauth4webapi";
import { contextsFor } from "../../../shared/access/login/can-prove.ts";
import type { Bindings } from "../../platform/env.ts";
import { callbackUri } from "../callback-path.ts";
import type { SignInWish } from "../method.ts";
import { ProviderFault } from "../provider-fault.ts";
import type { Provider } from "../providers.ts";
import { redirectToProvider } from "../to-provider.ts";
import { discover } from "./discovery.ts";

/** Sends the browser to an OpenID provider: the authorization code flow with PKCE S256. */
export async function beginOidc(
  request: Request,
  bindings: Bindings,
  provider: Provider,
  wish: SignInWish,
): Promise<Response> {
  const server = await discover(bindings, provider.issuer);
  const endpoint = server.authorization_endpoint;
  if (endpoint === undefined) throw new ProviderFault("no authorization endpoint");
  // OpenID Connect Core §11: some providers give a refresh token only if the person consents in this same
  // sign-in.
  const prompts = [
    ...(wish.switchUser || wish.signInAfter !== null || wish.need ? ["login"] : []),
    ...(provider.offlineAccess === "consent" ? ["consent"] : []),
  ];
  const contexts = contextsFor(provider, wish.need ?? null);
  return redirectToProvider(request, bindings, provider, wish, async ({ state, nonce, codeVerifier }) => {
    const target = new URL(endpoint);
    const parameters = {
      client_id: provider.clientId,
      redirect_uri: callbackUri(bindings, provider),
      response_type: "code",
      scope: scopesOf(provider),
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: "S256",
      ...(prompts.length > 0 ? { prompt: prompts.join(" ") } : {}),
      ...(contexts.length > 0 ? { acr_values: contexts.join(" ") } : {}),
      // With `max_age` the provider must say when the person signed in (OpenID Connect Core §3.1.2.1).
      ...(wish.signInAfter !== null ? { max_age: "0" } : {}),
    };
    for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
    return target;
  });
}

export function scopesOf({ scopes, offlineAccess }: Provider): string {
  if (offlineAccess === "no" || scopes.split(" ").includes("offline_access")) return scopes;
  return `${scopes} offline_access`;
}
