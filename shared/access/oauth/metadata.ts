import { AUTHORIZE, REGISTRATION, RESOURCE_METADATA, REVOKE } from "./paths.ts";
import { ACCESS } from "./scope.ts";

/**
 * What the auth host says of itself as an authorization server (RFC 8414 §2).
 *
 * @param issuer The origin of the auth host.
 * @param tokenPath The path of its token endpoint.
 * @param jwksPath The path of its keys. No token here is signed with them; clients of OpenID ask for a path all the same.
 * @param takesAny Whether some app takes clients that describe themselves.
 */
export const serverMetadata = (issuer: string, tokenPath: string, jwksPath: string, takesAny: boolean) => ({
  issuer,
  authorization_endpoint: issuer + AUTHORIZE,
  token_endpoint: issuer + tokenPath,
  revocation_endpoint: issuer + REVOKE,
  ...(takesAny ? { registration_endpoint: issuer + REGISTRATION } : {}),
  client_id_metadata_document_supported: takesAny,
  jwks_uri: issuer + jwksPath,
  scopes_supported: [ACCESS],
  response_types_supported: ["code"],
  response_modes_supported: ["query"],
  grant_types_supported: ["authorization_code", "refresh_token"],
  token_endpoint_auth_methods_supported: ["none"],
  revocation_endpoint_auth_methods_supported: ["none"],
  code_challenge_methods_supported: ["S256"],
  authorization_response_iss_parameter_supported: true,
  // OpenID's own fields, which its clients' parsers require. No ID token is ever given.
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["ES256"],
});

/**
 * What an app says of itself (RFC 9728 §2).
 *
 * @param resource The app's origin, with the path that the client asked about.
 */
export const resourceMetadata = (resource: string, issuer: string, title: string) => ({
  resource,
  authorization_servers: [issuer],
  scopes_supported: [ACCESS],
  bearer_methods_supported: ["header"],
  resource_name: title,
});

/** The path whose metadata a request asks for: empty for the whole host. Null if it asks for none (RFC 9728 §3.1). */
export function describedPath(path: string): string | null {
  if (path === RESOURCE_METADATA || path === `${RESOURCE_METADATA}/`) return "";
  return path.startsWith(`${RESOURCE_METADATA}/`) ? path.slice(RESOURCE_METADATA.length) : null;
}
