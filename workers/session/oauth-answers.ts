/** The errors of RFC 6749 §5.2, RFC 8628 §3.5, RFC 8693 §2.2.2, RFC 8707 §2, and the two of RFC 6749 §4.1.2.1 that fit here too. */
export type OAuthError =
  | "invalid_request"
  | "invalid_grant"
  | "invalid_target"
  | "invalid_client"
  | "unsupported_grant_type"
  | "authorization_pending"
  | "slow_down"
  | "access_denied"
  | "expired_token"
  | "temporarily_unavailable";

/** An answer of the token endpoint and its siblings. It is never cached (RFC 6749 §5.1). */
export const oauthAnswer = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: {
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "X-Rustronaut-Response": "oauth",
      ...headers,
    },
  });

/** @param description What was wrong and what to do next, in words for the person at the command line. */
export function oauthError(error: OAuthError, description: string): Response {
  const status = error === "temporarily_unavailable" ? 503 : error === "invalid_client" ? 401 : 400;
  return oauthAnswer({ error, error_description: description }, status);
}

export const tooMany = (waitMs: number): Response =>
  oauthAnswer(
    {
      error: "temporarily_unavailable",
      error_description: `Too many command lines of your network asked to be signed in. Try again in ${Math.ceil(waitMs / 60_000)} minutes.`,
    },
    429,
    { "Retry-After": String(Math.ceil(waitMs / 1_000)) },
  );
