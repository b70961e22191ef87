import { remembering } from "../../shared/base/bounded-map.ts";

/**
 * Reads and writes our cookies. Their names are constants or are made from an id's characters. Their values hold only
 * base64url and dots.
 */

/**
 * How many values of one cookie name are looked at. A sibling domain can plant more cookies, and each value costs a
 * look-up.
 */
const MAX_SAME_NAMED = 4;
/** Finds every cookie of ours in the header, whatever else the header holds and however long it is. */
const OURS = /(?:^|;)[ \t]*(__Host-rn_[a-z0-9_]+)[ \t]*=([^;]*)/g;
/** The form of our cookie values. Any other value needs no look-up. */
const VALUE = /^[\w.-]{1,200}$/;

type Cookie = readonly [name: string, value: string];

/** Our cookies in a header. A page sends the same header with each of its requests, and several functions ask for it. */
const oursIn = remembering(500, (header): readonly Cookie[] =>
  Array.from(header.matchAll(OURS), ([, name = "", value = ""]): Cookie => [name, value.trim()]),
);

const ours = (request: Request): readonly Cookie[] => oursIn(request.headers.get("Cookie") ?? "");

/** Each distinct value of the cookies with this exact name, in order. The caller decides which value counts. */
export function cookieValues(request: Request, name: string): string[] {
  const values = ours(request).flatMap(([key, value]) => (key === name && VALUE.test(value) ? [value] : []));
  return [...new Set(values)].slice(0, MAX_SAME_NAMED);
}

/** The names of all our cookies, in the order of the header. */
export function cookieNames(request: Request): string[] {
  return ours(request).map(([name]) => name);
}

/**
 * Whether one of our cookie names comes with more values than are looked at. Such a request is refused as a whole: if
 * some values were left out, the answer could be "not signed in" although nobody looked at the right value.
 */
export function hasTooManyCookies(request: Request): boolean {
  const cookies = ours(request);
  if (cookies.length <= MAX_SAME_NAMED) return false;
  const seen = new Map<string, Set<string>>();
  for (const [name, value] of cookies) {
    if (!VALUE.test(value)) continue;
    const values = seen.get(name) ?? new Set();
    seen.set(name, values.add(value));
    if (values.size > MAX_SAME_NAMED) return true;
  }
  return false;
}

const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax";

/** A `Set-Cookie` value for the browser's session, or for `maxAge` seconds. */
export function setCookie(name: string, value: string, maxAge?: number): string {
  if (!/^__Host-rn_[a-z0-9_]+$/.test(name) || !/^[\w.-]*$/.test(value))
    throw new Error("not a cookie of ours");
  return `${name}=${value}; ${ATTRIBUTES}${maxAge === undefined ? "" : `; Max-Age=${Math.floor(maxAge)}`}`;
}

export function clearCookie(name: string): string {
  return setCookie(name, "", 0);
}
