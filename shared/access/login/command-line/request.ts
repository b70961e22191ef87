import { err, ok, type Result } from "../../../base/result.ts";

/** The only OAuth client: this product's command line. It has no secret, because it can't keep one (RFC 8252 §8.5). */
export const CLIENT_ID = "rustronaut";
/** Paths of the hub's host. */
export const AUTHORIZE = "/oauth/authorize";
export const DEVICE_AUTHORIZATION = "/oauth/device_authorization";
export const TOKEN = "/oauth/token";
export const REVOKE = "/oauth/revoke";
/** The short address that people type on another machine. The auth host has a page with the same path. */
export const DEVICE_PAGE = "/device";
export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
/** A command line asks for a token of one app by showing its own token (RFC 8693 §2.1). */
export const EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
export const ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";

/** A request for a sign-in by the browser, after all checks (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export interface AuthorizationRequest {
  /** `127.0.0.1:<port>` or `[::1]:<port>`. */
  readonly host: string;
  readonly state: string;
  /** SHA-256 of the verifier in base64url. */
  readonly codeChallenge: string;
  readonly machine: string;
}

type Query = { get(name: string): string | null };

/**
 * Reads a request for a sign-in by the browser. The error is for the person and is never sent to the redirect address,
 * because that address may be what is wrong.
 */
export function readAuthorizationRequest(query: Query): Result<AuthorizationRequest, string> {
  if (query.get("client_id") !== CLIENT_ID) return err("The program that asks is not known here.");
  const host = loopbackHost(query.get("redirect_uri") ?? "");
  if (host === null) return err("The answer may only go to a program on this machine (127.0.0.1 or [::1]).");
  if (query.get("response_type") !== "code") return err("The request must ask for a code.");
  const codeChallenge = query.get("code_challenge") ?? "";
  if (query.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(codeChallenge))
    return err("The request has no proof of who may use the answer (PKCE with S256).");
  const state = query.get("state") ?? "";
  if (!/^[\w.~-]{16,200}$/.test(state)) return err("The request has no state of 16 to 200 characters.");
  const machine = machineName(query.get("machine"));
  return machine === null
    ? err("The request does not say on which machine the program runs.")
    : ok({ host, state, codeChallenge, machine });
}

/**
 * The host of a redirect address on the loopback interface, with its port. Null for every other address. The name
 * `localhost` is refused, because it may be resolved to another machine (RFC 8252 §8.3).
 */
export function loopbackHost(redirectUri: string): string | null {
  const match = /^http:\/\/((?:127\.0\.0\.1|\[::1\]):([1-9]\d{0,4}))\/callback$/.exec(redirectUri);
  return match && Number(match[2]) <= 65_535 ? (match[1] ?? null) : null;
}

/** The name that a machine gives itself, if it is fit to be shown and recorded. */
export function machineName(text: string | null): string | null {
  return text !== null && /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u.test(text) ? text : null;
}

/** Whether a text can be a PKCE verifier (RFC 7636 §4.1). */
export const isVerifier = (text: string): boolean => /^[\w.~-]{43,128}$/.test(text);
