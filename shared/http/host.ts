import { asciiLowerCase } from "../base/ascii.ts";
import { BoundedMap } from "../base/bounded-map.ts";
import { type Refusal, refusal } from "../base/errors/catalogue.ts";
import { err, ok, type Result } from "../base/result.ts";

export interface Authority {
  /** Lower case, without port and trailing dot. This is the key of the host table. */
  readonly host: string;
  /** Null if the port is absent or is the default port of the scheme. */
  readonly port: number | null;
}

const NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const IPV6 = /^\[[0-9a-f:.]{2,45}\]$/;

/** Results of earlier calls, by scheme and text. A few hosts get all requests, so most results are found here. */
const parsed = new BoundedMap<string, Result<Authority, Refusal>>(1_000);

/**
 * Parses the authority of a request (RFC 9110 §7.2). IP literals are parsed but match no app. User
 * information, spaces, quotes, commas and all other characters that can't be in a name give `invalid_host`.
 */
export function parseAuthority(text: string, scheme: string): Result<Authority, Refusal> {
  const key = `${scheme} ${text}`;
  const known = parsed.get(key);
  if (known) return known;
  const result = parseAnew(text, scheme);
  if (result.ok) parsed.set(key, result);
  return result;
}

function parseAnew(text: string, scheme: string): Result<Authority, Refusal> {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text);
  const host = (asciiLowerCase(match?.[1] ?? "") ?? "").replace(/\.$/, "");
  const port = match?.[2] === undefined ? null : Number(match[2]);
  if (!match || !(NAME.test(host) || IPV6.test(host)) || (port !== null && (port === 0 || port > 65_535))) {
    return err(refusal("invalid_host", "The Host header is not a host name with an optional port."));
  }
  return ok({ host, port: port === (scheme === "https" ? 443 : 80) ? null : port });
}

/**
 * The authority of a request. The authority in the URL must equal the Host header, so that no two parties on
 * the way route by different names.
 */
export function requestAuthority(
  urlAuthority: string,
  hostHeader: string | null,
  scheme: string,
): Result<Authority, Refusal> {
  const fromUrl = parseAuthority(urlAuthority, scheme);
  if (!fromUrl.ok || hostHeader === null || hostHeader === urlAuthority) return fromUrl;
  const fromHeader = parseAuthority(hostHeader, scheme);
  if (!fromHeader.ok) return fromHeader;
  if (fromHeader.value.host === fromUrl.value.host && fromHeader.value.port === fromUrl.value.port)
    return fromUrl;
  return err(refusal("invalid_host", "The Host header names another host than the URL."));
}

/** The origin that a browser shows for this authority. */
export const originOf = (scheme: string, authority: Authority): string =>
  `${scheme}://${authority.host}${authority.port === null ? "" : `:${authority.port}`}`;
