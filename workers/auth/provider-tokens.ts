import * as oauth from "oauth4webapi";
import { idTokenFault } from "../../shared/login/id-token.ts";
import type { Bindings } from "../env.ts";
import { requestOptions } from "./discovery.ts";
import { clientSecret, type Provider } from "./providers.ts";
import { ProviderFault, verifyJws } from "./verify-jws.ts";

export async function clientAuthentication(
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

/**
 * Verifies the ID token of a token answer.
 *
 * @returns Its claims, completed by those that userinfo has of the same subject.
 * @throws `ProviderAway`, `ProviderFault`, or an error of the OAuth library.
 */
export async function verifiedClaims(
  bindings: Bindings,
  provider: Provider,
  server: oauth.AuthorizationServer,
  tokens: { readonly id_token?: string | undefined; readonly access_token: string },
): Promise<Record<string, unknown>> {
  const idToken = await verifyJws(bindings, server, tokens.id_token ?? "");
  const expected = { clientId: provider.clientId, accessToken: tokens.access_token };
  const fault = idTokenFault(idToken, expected, Date.now());
  if (fault !== null) throw new ProviderFault(fault);

  const { claims } = idToken;
  const complete = ["email", "email_verified", "name", provider.groupsClaim].every((name) => name in claims);
  if (complete || server.userinfo_endpoint === undefined) return claims;
  const userinfo = await userinfoOf(bindings, provider, server, tokens.access_token, String(claims.sub));
  return { ...userinfo, ...claims };
}

/** What userinfo says of this subject, and of no other. */
export async function userinfoOf(
  bindings: Bindings,
  provider: Provider,
  server: oauth.AuthorizationServer,
  accessToken: string,
  subject: string,
): Promise<Record<string, unknown>> {
  const client: oauth.Client = { client_id: provider.clientId };
  const options = requestOptions(bindings, provider.issuer);
  const response = await oauth.userInfoRequest(server, client, accessToken, options);
  return { ...(await oauth.processUserInfoResponse(server, client, subject, response)) };
}

/** What went wrong, for the audit log: the library's words, never the answer's content. */
export function faultOf(error: unknown): string {
  if (error instanceof oauth.AuthorizationResponseError) return `the provider refused: ${word(error.error)}`;
  if (error instanceof oauth.ResponseBodyError) return `the token was refused: ${word(error.error)}`;
  return error instanceof Error ? error.message.slice(0, 200) : "unknown";
}

const word = (text: string): string => (/^[a-z_]{1,60}$/.test(text) ? text : "unknown");
