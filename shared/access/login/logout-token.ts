import { err, ok, type Result } from "../../base/result.ts";
import { audienceFault } from "./audience.ts";

/** Which sessions an identity provider asks to end (OpenID Connect Back-Channel Logout 1.0 §2.4). */
export interface LogoutToken {
  readonly jti: string;
  readonly subject: string | null;
  readonly sid: string | null;
  /** Milliseconds since the Unix epoch. The token must be remembered until this time. */
  readonly rememberUntil: number;
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
/** The most seconds that two clocks may differ. */
const SKEW = 60;
/** After this many seconds a logout token is too old, whatever its `exp` says. */
const MAX_AGE = 600;

/**
 * Checks the claims of a logout token whose signature, issuer and type were verified (§2.6).
 *
 * @param now Milliseconds since the Unix epoch.
 */
export function readLogoutToken(
  claims: Readonly<Record<string, unknown>>,
  expected: { readonly clientId: string; readonly trustedAudiences: readonly string[] },
  now: number,
): Result<LogoutToken, string> {
  const seconds = now / 1_000;
  const { aud, iat, exp, jti, events, sub, sid } = claims;
  // A logout token contains no `azp` (Back-Channel Logout 1.0 §2.4), so our client id is filled in.
  const audience = audienceFault({ aud, azp: expected.clientId }, expected);
  if (audience !== null) return err(audience);
  if (typeof iat !== "number" || iat > seconds + SKEW || iat < seconds - MAX_AGE)
    return err("iat is not recent");
  if (exp !== undefined && (typeof exp !== "number" || exp <= seconds - SKEW)) return err("it has expired");
  if (typeof jti !== "string" || jti === "" || jti.length > 255) return err("jti is missing");
  if ("nonce" in claims) return err("nonce is not allowed");
  if (!isRecord(events) || !isRecord(events[EVENT])) return err("events lacks the logout event");
  const subject = typeof sub === "string" && sub !== "" ? sub : null;
  const session = typeof sid === "string" && sid !== "" ? sid : null;
  if (subject === null && session === null) return err("sub or sid is needed");
  return ok({ jti, subject, sid: session, rememberUntil: (iat + MAX_AGE + SKEW) * 1_000 });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
