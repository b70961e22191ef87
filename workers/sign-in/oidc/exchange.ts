import * as oauth from "oauth4webapi";
import type { ProviderAttempt } from "../../../shared/access/login/types.ts";
import type { Bindings } from "../../platform/env.ts";
import { callbackUri } from "../callback-path.ts";
import type { Exchanged } from "../method.ts";
import { ProviderFault } from "../provider-fault.ts";
import { ProviderAway } from "../provider-fetch.ts";
import type { Provider } from "../providers.ts";
import { discover, requestOptions } from "./discovery.ts";
import { clientAuthentication, faultOf, verifiedClaims } from "./provider-tokens.ts";

/**
 * Exchanges the provider's code and verifies the whole answer: `iss` of the response (RFC 9207), the ID
 * token, and that userinfo is about the same subject. Call it only after the state and the browser were
 * verified.
 *
 * @throws `ProviderAway` or `ProviderFault`.
 */
export async function exchangeCode(
  bindings: Bindings,
  provider: Provider,
  attempt: ProviderAttempt,
  state: string,
  parameters: URLSearchParams,
): Promise<Exchanged> {
  try {
    return await exchange(bindings, provider, attempt, state, parameters);
  } catch (error) {
    if (error instanceof ProviderAway || error instanceof ProviderFault) throw error;
    throw new ProviderFault(faultOf(error), { cause: error });
  }
}

async function exchange(
  bindings: Bindings,
  provider: Provider,
  attempt: ProviderAttempt,
  state: string,
  parameters: URLSearchParams,
): Promise<Exchanged> {
  const server = await discover(bindings, provider.issuer);
  const options = requestOptions(bindings, provider.issuer);
  const client: oauth.Client = { client_id: provider.clientId };
  const answer = oauth.validateAuthResponse(server, client, parameters, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    await clientAuthentication(bindings, provider, server),
    answer,
    callbackUri(bindings, provider),
    attempt.codeVerifier,
    options,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: attempt.nonce,
    requireIdToken: true,
  });
  return {
    claims: await verifiedClaims(bindings, provider, server, tokens),
    refreshToken: tokens.refresh_token ?? null,
  };
}
