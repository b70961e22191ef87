import { err, ok, type Result } from "../../base/result.ts";
import { readRedirectUri } from "./redirect-uri.ts";

/** A program that asks people for access to apps. It has no secret, because most can't keep one. */
export interface OAuthClient {
  /** An id of the registry, or the address of the document in which the client describes itself. */
  readonly id: string;
  /** What it calls itself. Only an administrator's word makes it true. */
  readonly name: string;
  readonly redirectUris: readonly string[];
  /**
   * Who vouches for it: an administrator, the host of its address, or nobody (RFC 7591).
   */
  readonly kind: "registered" | "document" | "self_registered";
}

const HELD = " (OAuth client)";
/** What a session says of the client that holds it, where it would name a browser. */
export const heldByClient = (name: string): string => name + HELD;
/** Whether a session says so: then the name in it is the client's own word, whatever browser it may look like. */
export const isHeldByClient = (userAgent: string): boolean => userAgent.endsWith(HELD);

export const MOST_REDIRECT_URIS = 10;
export const MAX_CLIENT_ID = 500;
const MAX_NAME = 80;

/**
 * A name that is fit to be shown: one line, without characters that could turn the text around it (Unicode TR #36 §3).
 */
export const isClientName = (text: unknown): text is string =>
  typeof text === "string" &&
  text.length <= MAX_NAME &&
  text.trim() !== "" &&
  !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);

/**
 * The client id that is the address of a document (draft-ietf-oauth-client-id-metadata-document-02 §3). Null for every
 * other text.
 *
 * @param isLocal Whether a host may be reached without TLS: in local development.
 */
export function documentAddress(text: string, isLocal: (url: URL) => boolean): URL | null {
  if (text.length > MAX_CLIENT_ID || !URL.canParse(text)) return null;
  const url = new URL(text);
  const isAllowed = url.protocol === "https:" || isLocal(url);
  const isPlain = url.username === "" && url.password === "" && !text.includes("#") && url.search === "";
  // `href` resolves dots, so a text with `/../` in it is not its own `href`.
  return isAllowed && isPlain && url.pathname !== "/" && url.href === text ? url : null;
}

/** The members of RFC 7591 §2 that count here. What else a client says of itself is ignored. */
interface Described {
  readonly name: string;
  readonly redirectUris: readonly string[];
}

/**
 * Reads what a client says of itself (RFC 7591 §2).
 *
 * @param fallbackName What it is called if it says no name.
 */
export function readDescription(
  json: unknown,
  fallbackName: string | null,
): Result<
  Described,
  { readonly error: "invalid_redirect_uri" | "invalid_client_metadata"; readonly why: string }
> {
  const fault = (why: string) => err({ error: "invalid_client_metadata", why } as const);
  if (typeof json !== "object" || json === null || Array.isArray(json)) return fault("Send a JSON object.");
  const said = json as Record<string, unknown>;
  const name = said.client_name ?? fallbackName;
  if (!isClientName(name)) return fault(`\`client_name\` must be a line of 1 to ${MAX_NAME} characters.`);
  const uris = said.redirect_uris;
  if (!Array.isArray(uris) || uris.length === 0 || uris.length > MOST_REDIRECT_URIS)
    return err({ error: "invalid_redirect_uri", why: `\`redirect_uris\` lists 1 to ${MOST_REDIRECT_URIS}.` });
  for (const uri of uris) {
    const read = typeof uri === "string" ? readRedirectUri(uri) : err("a redirect address must be a text");
    if (!read.ok) return err({ error: "invalid_redirect_uri", why: `${read.error}.` });
  }
  if (!includes(said.grant_types, "authorization_code"))
    return fault("`grant_types` must contain `authorization_code`.");
  if (!includes(said.response_types, "code")) return fault("`response_types` must contain `code`.");
  return ok({ name, redirectUris: [...new Set(uris as string[])] });
}

/** A list that is left out has its default, which holds the value (RFC 7591 §2). */
const includes = (list: unknown, value: string): boolean =>
  list === undefined || (Array.isArray(list) && list.includes(value));

/** Reads the document at the client's address. It must name that address as the client's id. */
export function readDocument(json: unknown, address: URL): Result<OAuthClient, string> {
  const described = readDescription(json, null);
  if (!described.ok) return err(described.error.why);
  const said = json as Record<string, unknown>;
  if (said.client_id !== address.href) return err("its `client_id` is not its own address.");
  // It would have to hold a secret, and a public document can't.
  const method = said.token_endpoint_auth_method ?? "none";
  if (method !== "none") return err("it must have the `token_endpoint_auth_method` `none`.");
  return ok({ id: address.href, kind: "document", ...described.value });
}
