import * as oauth from "oauth4webapi";
import { idTokenFault } from "../../shared/login/id-token.ts";
import type { ProviderAttempt } from "../../shared/login/types.ts";
import type { Bindings } from "../env.ts";
import { callbackUri } from "./authorize.ts";
import { discover, requestOptions } from "./discovery.ts";
import { ProviderAway } from "./provider-fetch.ts";
import { clientSecret, type Provider } from "./providers.ts";
import { ProviderFault, verifyJws } from "./verify-jws.ts";

/**
 * Redeems the provider's code and verifies all that comes back: `iss` of the response (RFC 9207), the ID token,
 * and that userinfo speaks of the same subject. Call it only after state and browser were verified.
 *
 * @returns The claims of the ID token, completed by those of userinfo.
 * @throws `ProviderAway` or `ProviderFault`.
 */
export async function exchangeCode(
  bindings: Bindings,
  provider: Provider,
  attempt: ProviderAttempt,
  state: string,
  parameters: URLSearchParams,
): Promise<Record<string, unknown>> {
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
): Promise<Record<string, unknown>> {
  const server = await discover(bindings, provider.issuer);
  const options = requestOptions(bindings, provider.issuer);
  const client: oauth.Client = { client_id: provider.clientId };
  const answer = oauth.validateAuthResponse(server, client, parameters, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    await clientAuthentication(bindings, provider, server),
    answer,
    callbackUri(bindings),
    attempt.codeVerifier,
    options,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: attempt.nonce,
    requireIdToken: true,
  });
  const idToken = await verifyJws(bindings, server, tokens.id_token ?? "");
  const expected = { clientId: provider.clientId, accessToken: tokens.access_token };
  const fault = idTokenFault(idToken, expected, Date.now());
  if (fault !== null) throw new ProviderFault(fault);

  const { claims } = idToken;
  const complete = ["email", "email_verified", "name", provider.groupsClaim].every((name) => name in claims);
  if (complete || server.userinfo_endpoint === undefined) return claims;
  const userinfoResponse = await oauth.userInfoRequest(server, client, tokens.access_token, options);
  const subject = String(claims.sub);
  const userinfo = await oauth.processUserInfoResponse(server, client, subject, userinfoResponse);
  return { ...userinfo, ...claims };
}

async function clientAuthentication(
  bindings: Bindings,
  provider: Provider,
  server: oauth.AuthorizationServer,
): Promise<oauth.ClientAuth> {
  const secret = await clientSecret(bindings, provider);
  if (secret === null) return oauth.None();
  const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  return methods.includes("client_secret_basic")
    ? oauth.ClientSecretBasic(secret)
    : oauth.ClientSecretPost(secret);
}

/** What went wrong, for the audit log: the library's words, never the answer's content. */
function faultOf(error: unknown): string {
  if (error instanceof oauth.AuthorizationResponseError) return `the provider refused: ${word(error.error)}`;
  if (error instanceof oauth.ResponseBodyError) return `the token was refused: ${word(error.error)}`;
  return error instanceof Error ? error.message.slice(0, 200) : "unknown";
}

const word = (text: string): string => (/^[a-z_]{1,60}$/.test(text) ? text : "unknown");
