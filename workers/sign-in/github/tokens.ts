import * as oauth from "oauth4webapi";
import { githubPlaces } from "../../../shared/access/login/github/places.ts";
import type { ProviderAttempt } from "../../../shared/access/login/types.ts";
import type { Bindings } from "../../platform/env.ts";
import { callbackUri } from "../callback-path.ts";
import { requestOptions } from "../oidc/discovery.ts";
import { ProviderFault } from "../provider-fault.ts";
import { clientSecret, type Provider } from "../providers.ts";

/** GitHub as an OAuth server. It is described here because not all of its editions publish metadata. */
function serverOf({ issuer }: Pick<Provider, "issuer">): oauth.AuthorizationServer {
  const places = githubPlaces(issuer);
  return {
    issuer: places.issuer,
    authorization_endpoint: places.authorize,
    token_endpoint: places.token,
  };
}

/**
 * Exchanges the code of a callback for the person's token.
 *
 * @throws `ProviderAway`, `ProviderFault`, or the library's errors.
 */
export async function redeem(
  bindings: Bindings,
  provider: Provider,
  attempt: ProviderAttempt,
  state: string,
  parameters: URLSearchParams,
): Promise<string> {
  const server = serverOf(provider);
  const client: oauth.Client = { client_id: provider.clientId };
  const answer = oauth.validateAuthResponse(server, client, parameters, state);
  const secret = await clientSecret(bindings, provider);
  if (secret === null) throw new ProviderFault("GitHub needs a client secret");
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.ClientSecretPost(secret),
    answer,
    callbackUri(bindings, provider),
    attempt.codeVerifier,
    requestOptions(bindings, provider.issuer),
  );
  await refuseErrors(response.clone());
  const { access_token } = await oauth.processAuthorizationCodeResponse(server, client, response);
  return access_token;
}

/** GitHub answers with status 200 even if it refuses a code. */
async function refuseErrors(response: Response): Promise<void> {
  const body: unknown = await response.json().catch(() => null);
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  if (error === undefined) return;
  const word = typeof error === "string" && /^[a-z_]{1,60}$/.test(error) ? error : "unknown";
  throw new ProviderFault(`the token was refused: ${word}`);
}
