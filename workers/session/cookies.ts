/** Our cookies, in and out. Names are constants or made of an id's characters; values are base64url and dots. */

/** Same-named cookies that are looked at: a sibling domain can plant more, and each costs a look-up. */
const MAX_SAME_NAMED = 4;
/** Every cookie of ours, whatever stands around it and however much of it there is. */
const OURS = /(?:^|;)[ \t]*(__Host-rn_[a-z0-9_]+)[ \t]*=([^;]*)/g;
/** What a value of ours can look like; others need no look-up. */
const VALUE = /^[\w.-]{1,200}$/;

type Cookie = readonly [name: string, value: string];

/** Of each request, so that the header is read once, however many ask for it. */
const read = new WeakMap<Request, readonly Cookie[]>();

function ours(request: Request): readonly Cookie[] {
  const known = read.get(request);
  if (known) return known;
  const header = request.headers.get("Cookie") ?? "";
  const cookies = Array.from(
    header.matchAll(OURS),
    ([, name = "", value = ""]): Cookie => [name, value.trim()],
  );
  read.set(request, cookies);
  return cookies;
}

/** Each distinct value of the cookies with this exact name, in order. Which of them counts is the caller's question. */
export function cookieValues(request: Request, name: string): string[] {
  const values = ours(request).flatMap(([key, value]) => (key === name && VALUE.test(value) ? [value] : []));
  return [...new Set(values)].slice(0, MAX_SAME_NAMED);
}

/** Names of all cookies of ours, in the order of the header. */
export function cookieNames(request: Request): string[] {
  return ours(request).map(([name]) => name);
}

/**
 * Whether one of our names comes with more values than are looked at. Such a request is refused as a whole: to leave
 * some out would be to say "not signed in" where nobody looked.
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
