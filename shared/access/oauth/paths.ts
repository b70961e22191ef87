/** Paths of the authorization server of apps, which is the auth host, and of the metadata that describes it. */

/** RFC 6749 §3.1. */
export const AUTHORIZE = "/oauth/authorize";
/** RFC 7009. */
export const REVOKE = "/oauth/revoke";
/** RFC 7591. */
export const REGISTRATION = "/oauth/register";
/** RFC 8414 §3. */
export const SERVER_METADATA = "/.well-known/oauth-authorization-server";
/** Clients try it where they find nothing under the other path (OpenID Connect Discovery 1.0 §4). */
export const OPENID_METADATA = "/.well-known/openid-configuration";
/** On the host of each app that takes clients (RFC 9728 §3). */
export const RESOURCE_METADATA = "/.well-known/oauth-protected-resource";
