/** The errors of RFC 6749 §5.2, RFC 8628 §3.5, RFC 7591 §3.2.2, RFC 8693 §2.2.2, RFC 8707 §2, and the two of RFC 6749 §4.1.2.1 that fit here too. */
export type OAuthError =
  | "invalid_request"
  | "invalid_grant"
  | "invalid_target"
  | "invalid_client"
  | "unsupported_grant_type"
  | "invalid_redirect_uri"
  | "invalid_client_metadata"
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
export function oauthError(error: OAuthError, description: string, status = statusOf(error)): Response {
  return oauthAnswer({ error, error_description: description }, status);
}

function statusOf(error: OAuthError): number {
  if (error === "temporarily_unavailable") return 503;
  return error === "invalid_client" ? 401 : 400;
}

/** @param what What there was too much of, such as `Too many tokens were asked for in your network.` */
export function tooMany(what: string, waitMs: number): Response {
  const seconds = Math.ceil(waitMs / 1_000);
  const wait = seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} seconds`;
  return oauthAnswer(
    { error: "temporarily_unavailable", error_description: `${what} Try again in ${wait}.` },
    429,
    { "Retry-After": String(seconds) },
  );
}
