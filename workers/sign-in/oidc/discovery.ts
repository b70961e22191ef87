import * as oauth from "oauth4webapi";
import { usableAlgorithms } from "../../../shared/access/login/signing-keys.ts";
import { ExpiringMap } from "../../../shared/base/bounded-map.ts";
import type { Bindings } from "../../platform/env.ts";
import { isDevelopmentHost, providerFetch } from "../provider-fetch.ts";

/** How long (milliseconds) the metadata of an issuer are used before they are fetched again. */
const KEPT_MS = 10 * 60_000;

const known = new ExpiringMap<string, oauth.AuthorizationServer>(50);

/**
 * The metadata of an issuer (OpenID Connect Discovery 1.0). Of the signing algorithms, only those that we
 * accept are kept.
 *
 * @throws `ProviderAway`, or an error if the metadata belong to another issuer.
 */
export async function discover(bindings: Bindings, issuer: string): Promise<oauth.AuthorizationServer> {
  const cached = known.get(issuer, Date.now());
  if (cached) return cached;
  const metadata = await fetchMetadata(bindings, issuer);
  const server = {
    ...metadata,
    id_token_signing_alg_values_supported: usableAlgorithms(metadata.id_token_signing_alg_values_supported),
  };
  known.set(issuer, server, Date.now() + KEPT_MS);
  return server;
}

/** The metadata as published, fetched now. Throws the same errors as `discover`. */
export async function fetchMetadata(bindings: Bindings, issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  const options = requestOptions(bindings, issuer);
  const response = await oauth.discoveryRequest(url, { algorithm: "oidc", ...options });
  return oauth.processDiscoveryResponse(url, response);
}

/** The options with which oauth4webapi calls a provider. */
export function requestOptions(bindings: Bindings, issuer: string) {
  return {
    [oauth.customFetch]: providerFetch(bindings),
    [oauth.allowInsecureRequests]: isDevelopmentHost(bindings, new URL(issuer)),
  };
}
