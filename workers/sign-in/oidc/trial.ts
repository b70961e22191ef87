import * as oauth from "oauth4webapi";
import {
  failedDiscovery,
  judgeTrial,
  type SeenClaims,
  type TrialAnswer,
  type TrialCheck,
} from "../../../shared/access/login/provider-trial.ts";
import type { Bindings } from "../../platform/env.ts";
import { callbackUri } from "../callback-path.ts";
import { providerFetch } from "../provider-fetch.ts";
import type { Provider } from "../providers.ts";
import { readTrialAnswer } from "../trial-answer.ts";
import { scopesOf } from "./begin.ts";
import { fetchMetadata, requestOptions } from "./discovery.ts";
import { discoveryProblem, keysAt } from "./problems.ts";
import { clientAuthentication } from "./provider-tokens.ts";

/**
 * Tries a provider as a sign-in would use it, up to the step where a person is asked, and says in words what
 * would not work. The trial always asks the provider and uses no remembered data. Never throws because of the
 * provider.
 */
export async function tryOidc(
  bindings: Bindings,
  provider: Provider,
  seen: SeenClaims,
): Promise<TrialCheck[]> {
  let metadata: oauth.AuthorizationServer;
  try {
    metadata = await fetchMetadata(bindings, provider.issuer);
  } catch (error) {
    return failedDiscovery(discoveryProblem(provider.issuer, error));
  }
  const [keys, authorization, token] = await Promise.all([
    metadata.jwks_uri === undefined ? null : keysAt(bindings, metadata.jwks_uri),
    askWithoutPerson(bindings, provider, metadata).catch(() => null),
    redeemNothing(bindings, provider, metadata).catch(() => null),
  ]);
  return judgeTrial(
    { ...provider, ...seen, hasClientSecret: provider.clientSecretSealed !== null },
    callbackUri(bindings, provider),
    { metadata: { ...metadata }, keys, authorization, token, now: Date.now() },
  );
}

/**
 * An authorization request from a browser in which nobody is signed in. The request forbids the provider to
 * ask the person anything.
 */
async function askWithoutPerson(
  bindings: Bindings,
  provider: Provider,
  server: oauth.AuthorizationServer,
): Promise<TrialAnswer> {
  const target = new URL(server.authorization_endpoint ?? "");
  const parameters = {
    client_id: provider.clientId,
    redirect_uri: callbackUri(bindings, provider),
    response_type: "code",
    scope: scopesOf(provider),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    code_challenge: await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier()),
    code_challenge_method: "S256",
    prompt: "none",
  };
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  const response = await providerFetch(bindings)(target.href, { headers: { Accept: "text/html" } });
  return readTrialAnswer(response, target);
}

/**
 * A token request with a code that nobody issued. The kind of refusal shows whether the provider accepted the
 * client.
 */
async function redeemNothing(
  bindings: Bindings,
  provider: Provider,
  server: oauth.AuthorizationServer,
): Promise<TrialAnswer> {
  const response = await oauth.genericTokenEndpointRequest(
    server,
    { client_id: provider.clientId },
    await clientAuthentication(bindings, provider, server),
    "authorization_code",
    new URLSearchParams({
      code: oauth.generateRandomState(),
      redirect_uri: callbackUri(bindings, provider),
      code_verifier: oauth.generateRandomCodeVerifier(),
    }),
    requestOptions(bindings, provider.issuer),
  );
  return readTrialAnswer(response, new URL(server.token_endpoint ?? ""));
}
