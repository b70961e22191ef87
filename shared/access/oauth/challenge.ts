import { RESOURCE_METADATA } from "./paths.ts";

/** Why a token was not enough (RFC 6750 §3.1). Null if there was none. */
type Fault = "invalid_token" | "insufficient_scope" | null;

/**
 * The `WWW-Authenticate` header that leads a client to where it gets a token (RFC 6750 §3, RFC 9728 §5.1).
 *
 * @param origin The app's origin.
 * @param path The canonical path of the request. It stays out if it can't stand in a quoted string.
 */
export function bearerChallenge(origin: string, path: string, scope: string, fault: Fault): string {
  const place = /^\/[\w.~!$&'()*+,;=:@%/-]{1,500}$/.test(path) ? path : "";
  const fields = [
    ...(fault === null ? [] : [`error="${fault}"`]),
    `resource_metadata="${origin}${RESOURCE_METADATA}${place}"`,
    `scope="${scope}"`,
  ];
  return `Bearer ${fields.join(", ")}`;
}
