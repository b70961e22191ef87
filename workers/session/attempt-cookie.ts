import { attemptCookieName, evictedAttemptCookies } from "../../shared/access/login/attempt-cookies.ts";
import { ATTEMPT_TTL_MS } from "../../shared/access/login/types.ts";
import { clearCookie, cookieNames, setCookie } from "./cookies.ts";

/**
 * The `Set-Cookie` values that bind an attempt to this browser. When the browser holds many attempts, they also drop
 * the oldest attempts.
 */
export function attemptCookies(request: Request, attemptId: string, secret: string): string[] {
  return [
    ...evictedAttemptCookies(cookieNames(request)).map(clearCookie),
    setCookie(attemptCookieName(attemptId), secret, ATTEMPT_TTL_MS / 1_000),
  ];
}
