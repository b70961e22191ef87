const MAX_LENGTH = 4_096;

/** What URL parsers drop, fold or disagree about: control characters, white space, backslashes, non-ASCII. */
const AMBIGUOUS = /[^\x21-\x5b\x5d-\x7e]/;

/** A path that some server or router may read as another host, or as a scheme, after one more decoding. */
const DISGUISED = /%(?![0-9a-f]{2})|%(?:25|5c|2f|0[0-9a-f]|1[0-9a-f]|7f|3a)/i;

/** A bare URL as a parameter is how an app's own redirector is abused; an honest link encodes it. */
const FOREIGN_URL_IN_QUERY = /=(?:[a-z]+:)?\/\//i;

/**
 * The path and query to return to after a sign-in, or `/` on any doubt. What comes back is a plain absolute
 * path of `origin`: it names no host, has no empty or dot segments and is not in our reserved space.
 *
 * @param origin Origin of the app, without a trailing slash.
 * @param target Path and query of the request that needs a sign-in.
 */
export function safeReturnPath(origin: string, target: string): string {
  if (target.length > MAX_LENGTH || !target.startsWith("/") || AMBIGUOUS.test(target)) return "/";
  if (!URL.canParse(target, origin)) return "/";
  const url = new URL(target, origin);
  if (url.origin !== origin || url.username !== "" || url.password !== "") return "/";
  const written = target.split(/[?#]/, 1)[0] ?? "";
  // A path that changes by parsing (dot segments) was not a link of the app.
  if (url.pathname !== written || written.includes("//") || DISGUISED.test(written)) return "/";
  if (looksLikeUrl(written) || FOREIGN_URL_IN_QUERY.test(url.search)) return "/";
  if (isReserved(url.pathname)) return "/";
  return url.pathname + url.search;
}

/** `/https:/evil`, `/javascript:…`, `/evil.com@good.com`: harmless as a path, until something resolves it again. */
function looksLikeUrl(path: string): boolean {
  return /^\/[^/]*[:@]/.test(path) || /^\/\.|[/.]\.(?:\/|$)/.test(path) || path.startsWith("/;");
}

function isReserved(path: string): boolean {
  const lower = path.toLowerCase();
  return lower === "/.rustronaut" || lower.startsWith("/.rustronaut/") || lower.startsWith("/.rustronaut%2f");
}
