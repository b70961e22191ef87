/**
 * The most attempt cookies that one browser may hold at a host. More cookies would make each request too
 * large (431).
 */
const MAX_ATTEMPT_COOKIES = 5;
const PREFIX = "__Host-rn_l_";

/**
 * The name of the cookie that binds an attempt to the browser that started the attempt.
 *
 * @param attemptId A well-formed id.
 */
export function attemptCookieName(attemptId: string): string {
  return PREFIX + attemptId.slice(-8);
}

/** The attempt cookies among a browser's cookies, in the order of the header. */
export function heldAttemptCookies(names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => /^__Host-rn_l_[0-9a-hjkmnp-tv-z]{8}$/.test(name)))];
}

/**
 * The attempt cookies to clear so that one more fits, oldest first. Browsers list the cookies of one path
 * from the oldest to the newest (RFC 6265 §5.4), so the order in the header shows their age.
 *
 * @param names Cookie names in the order of the header.
 */
export function evictedAttemptCookies(names: readonly string[]): string[] {
  const held = heldAttemptCookies(names);
  return held.slice(0, Math.max(0, held.length - (MAX_ATTEMPT_COOKIES - 1)));
}
