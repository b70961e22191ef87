import * as oauth from "oauth4webapi";
import { type Claims, claimAt } from "../../../shared/access/login/claim-at.ts";
import { completedClaims } from "../../../shared/access/login/completed-claims.ts";
import { idTokenFault } from "../../../shared/access/login/id-token.ts";
import type { Bindings } from "../../platform/env.ts";
import { ProviderFault } from "../provider-fault.ts";
import { clientSecret, type Provider } from "../providers.ts";
import { withGroups } from "./claim-sources.ts";
import { requestOptions } from "./discovery.ts";
import { verifyJws } from "./verify-jws.ts";

export async function clientAuthentication(
  bindings: Bindings,
  provider: Provider,
  server: oauth.AuthorizationServer,
): Promise<oauth.ClientAuth> {
  const secret = await clientSecret(bindings, provider);
  if (secret === null) return oauth.None();
  const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  return methods.includes("client_secret_basic") ? clientSecretBasic(secret) : oauth.ClientSecretPost(secret);
}

/**
 * RFC 6749 §2.3.1: id and secret are form-encoded before they are joined. The library encodes more characters than a form
 * does, such as the hyphen. That is allowed, but providers that don't decode would refuse most secrets then.
 */
const clientSecretBasic =
  (secret: string): oauth.ClientAuth =>
  (_server, { client_id }, _body, headers) =>
    headers.set("authorization", `Basic ${btoa(`${formEncoded(client_id)}:${formEncoded(secret)}`)}`);

const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1);

/**
 * Verifies the ID token in the answer of the token endpoint.
 *
 * @returns The claims of the ID token, completed by the userinfo claims of the same subject.
 * @throws `ProviderAway`, `ProviderFault`, or an error of the OAuth library.
 */
export async function verifiedClaims(
  bindings: Bindings,
  provider: Provider,
  server: oauth.AuthorizationServer,
  tokens: { readonly id_token?: string | undefined; readonly access_token: string },
): Promise<Claims> {
  const idToken = await verifyJws(bindings, server, tokens.id_token ?? "");
  const expected = { ...provider, accessToken: tokens.access_token };
  const fault = idTokenFault(idToken, expected, Date.now());
  if (fault !== null) throw new ProviderFault(fault);

  const claims = await withGroups(bindings, provider, server, idToken.claims);
  const wanted = [provider.emailClaim, "email_verified", "name", provider.groupsClaim];
  const isComplete = wanted.every((name) => claimAt(claims, name) !== undefined);
  if (isComplete || server.userinfo_endpoint === undefined) return claims;
  const userinfo = await userinfoOf(bindings, provider, server, tokens.access_token, String(claims.sub));
  return completedClaims(claims, userinfo);
}

/**
 * The userinfo of this subject. Userinfo of another subject is refused. Groups that are kept at another place
 * are included.
 */
export async function userinfoOf(
  bindings: Bindings,
  provider: Provider,
  server: oauth.AuthorizationServer,
  accessToken: string,
  subject: string,
): Promise<Claims> {
  const client: oauth.Client = { client_id: provider.clientId };
  const options = requestOptions(bindings, provider.issuer);
  const response = await oauth.userInfoRequest(server, client, accessToken, options);
  const claims = { ...(await oauth.processUserInfoResponse(server, client, subject, response)) };
  return withGroups(bindings, provider, server, claims);
}

/**
 * What went wrong, for the audit log. It contains the words of the library, and never the content of the
 * answer.
 */
export function faultOf(error: unknown): string {
  if (error instanceof oauth.AuthorizationResponseError) return `the provider refused: ${word(error.error)}`;
  if (error instanceof oauth.ResponseBodyError) return `the token was refused: ${word(error.error)}`;
  return error instanceof Error ? error.message.slice(0, 200) : "unknown";
}

const word = (text: string): string => (/^[a-z_]{1,60}$/.test(text) ? text : "unknown");
