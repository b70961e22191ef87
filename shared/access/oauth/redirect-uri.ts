import { err, ok, type Result } from "../../base/result.ts";

const MAX_LENGTH = 500;
const LOOPBACK = new Set(["127.0.0.1", "[::1]", "localhost"]);

/**
 * Whether codes may be sent to this address: by https, or to a program on the person's own machine (RFC 8252 §7.3, and
 * the rules of MCP). It must be written as a URL parser writes it, so that nobody reads another host from it.
 */
export function readRedirectUri(text: string): Result<string, string> {
  if (text.length > MAX_LENGTH) return err(`a redirect address has at most ${MAX_LENGTH} characters`);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url) return err("a redirect address must be a whole URL");
  if (url.href !== text && url.href !== `${text}/`)
    return err(`write the redirect address as ${url.href.slice(0, MAX_LENGTH)}`);
  if (text.includes("#")) return err("a redirect address has no fragment");
  if (url.username !== "" || url.password !== "") return err("a redirect address has no user name");
  if (url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.has(url.hostname))) return ok(text);
  return err("a redirect address must be https, or http to 127.0.0.1, [::1] or localhost");
}

/** Whether the address is on the machine of whoever opens it. Any program there can listen at it. */
export const isLoopback = (redirectUri: string): boolean => new URL(redirectUri).protocol === "http:";

/** The host that a person is shown. */
export const shownHost = (redirectUri: string): string => new URL(redirectUri).host;

/**
 * Whether a client may use this address. Addresses are compared as they are written. On the loopback interface the port
 * may differ, since programs take one that is free (RFC 8252 §7.3).
 */
export function isRedirectOf(registered: readonly string[], asked: string): boolean {
  if (!readRedirectUri(asked).ok) return false;
  return registered.some(
    (one) =>
      one === asked || (isLoopback(one) && isLoopback(asked) && withoutPort(one) === withoutPort(asked)),
  );
}

const withoutPort = (text: string): string => text.replace(/^(http:\/\/(?:[\w.]+|\[::1\])):\d+/, "$1");

/** The address with the answer to an authorization request (RFC 6749 §4.1.2). */
export function withAnswer(redirectUri: string, answer: Readonly<Record<string, string>>): string {
  const { href } = new URL(redirectUri);
  const fields = Object.entries(answer).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${href}${href.includes("?") ? "&" : "?"}${fields.join("&")}`;
}
