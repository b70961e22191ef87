/** The most seconds that two clocks may differ. */
const SKEW = 30;
/** The longest life of a JWT, in seconds. One that lives longer is a secret in other clothes. */
const MAX_LIFE = 86_400;

/** For how long an access token is good, in seconds. */
export const ACCESS_TOKEN_SECONDS = 900;

/**
 * What is wrong with the audience and the times of a JWT whose signature and issuer were verified. Null if nothing is.
 *
 * @param now Milliseconds since the Unix epoch.
 */
export function subjectTokenFault(
  claims: Readonly<Record<string, unknown>>,
  audience: string,
  now: number,
): string | null {
  const { aud, exp, iat, nbf } = claims;
  const seconds = now / 1_000;
  // Another audience could show the same JWT here.
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audiences.length !== 1 || audiences[0] !== audience) return "aud is not the configured audience alone";
  if (typeof exp !== "number" || typeof iat !== "number") return "exp or iat is missing";
  if (exp <= seconds - SKEW) return "it has expired";
  if (iat > seconds + SKEW) return "iat is in the future";
  if (nbf !== undefined && (typeof nbf !== "number" || nbf > seconds + SKEW)) return "it is not valid yet";
  return exp - iat > MAX_LIFE ? "it lives for more than a day" : null;
}

/** Until when (milliseconds) a JWT that was exchanged must be remembered. */
export const rememberedUntil = (claims: Readonly<Record<string, unknown>>): number =>
  (Number(claims.exp) + 2 * SKEW) * 1_000;
