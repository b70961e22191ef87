/** Our cookies, in and out. Names are constants or made of an id's characters; values are base64url and dots. */

/** A header longer than this is not searched: no honest browser sends it. */
const MAX_HEADER = 16_384;
/** Same-named cookies that are looked at: a sibling domain can plant more, and each costs a look-up. */
const MAX_SAME_NAMED = 4;

function pairs(request: Request): [string, string][] {
  const header = request.headers.get("Cookie") ?? "";
  if (header.length > MAX_HEADER) return [];
  return header.split(";").map((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? ["", ""] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  });
}

/** Each distinct value of the cookies with this exact name, in order. Which of them counts is the caller's question. */
export function cookieValues(request: Request, name: string): string[] {
  const values = pairs(request).flatMap(([key, value]) => (key === name ? [value] : []));
  return [...new Set(values)].slice(0, MAX_SAME_NAMED);
}

/** Names of all cookies, in the order of the header. */
export function cookieNames(request: Request): string[] {
  return pairs(request).map(([name]) => name);
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
