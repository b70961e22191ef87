import { err, ok, type Result } from "../../base/result.ts";
import { MAX_CLIENT_ID } from "./client.ts";

/** A request for authorization after all checks that need no look-up (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2). */
export interface AuthorizationRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  /** SHA-256 of the verifier in base64url. */
  readonly codeChallenge: string;
  /** Null if the client sent none. */
  readonly state: string | null;
  readonly scope: string;
  readonly resource: string;
}

interface Query {
  keys(): Iterable<string>;
  get(name: string): string | null;
  has(name: string): boolean;
}

/** These would change what the others mean, and are not understood here (RFC 9101). */
const NOT_TAKEN = ["request", "request_uri", "authorization_details"];

/**
 * Reads a request for authorization. The error is for the person. It is never sent to the redirect address: nobody has
 * vouched for that address yet (RFC 9700 §4.11.2).
 */
export function readAuthorizationRequest(query: Query): Result<AuthorizationRequest, string> {
  const names = [...query.keys()];
  if (new Set(names).size !== names.length) return err("The request names a parameter twice.");
  const refused = NOT_TAKEN.find((name) => query.has(name));
  if (refused) return err(`The parameter \`${refused}\` is not taken here.`);
  if (query.get("response_type") !== "code") return err("The request must ask for a code.");
  if ((query.get("response_mode") ?? "query") !== "query") return err("The answer goes into the query only.");
  const clientId = query.get("client_id") ?? "";
  if (clientId === "" || clientId.length > MAX_CLIENT_ID) return err("The request names no client.");
  const redirectUri = query.get("redirect_uri") ?? "";
  if (redirectUri === "") return err("The request does not say where the answer goes (`redirect_uri`).");
  const codeChallenge = query.get("code_challenge") ?? "";
  if (query.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(codeChallenge))
    return err("The request has no proof of who may use the answer (PKCE with S256).");
  const state = query.get("state");
  if (state !== null && !/^[\x20-\x7e]{1,2000}$/.test(state))
    return err("The state has up to 2,000 printable characters.");
  const scope = query.get("scope") ?? "";
  if (!/^[\x20-\x21\x23-\x5b\x5d-\x7e]{0,1000}$/.test(scope)) return err("The scope can't be read.");
  const resource = query.get("resource") ?? "";
  if (!isResource(resource))
    return err("The request does not say which app it is for (`resource`: the app's address).");
  return ok({ clientId, redirectUri, codeChallenge, state, scope, resource });
}

/** Whether a text can be a resource: an absolute URL without a fragment (RFC 8707 §2), and without a user's name. */
export function isResource(text: string): boolean {
  if (text.length > 2_000 || text.includes("#") || !URL.canParse(text)) return false;
  const { username, password, protocol } = new URL(text);
  return username === "" && password === "" && (protocol === "https:" || protocol === "http:");
}
