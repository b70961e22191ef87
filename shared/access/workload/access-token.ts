import type { Federation } from "./federation.ts";
import { rulesOf } from "./federation.ts";
import { unmetRule } from "./stated-claims.ts";

/** What an access token says. Only the Worker can read and write it. */
export interface AccessToken {
  /** The id of the service token that the program proved to hold. */
  readonly serviceToken: string;
  readonly issuer: string;
  readonly audience: string;
  /** What the program's JWT stated, as `statedClaims` gives it. */
  readonly claims: readonly string[];
  /** The ids of the apps that it opens (RFC 8707). */
  readonly apps: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/**
 * Whether an access token is good for an app now. The federation may have changed since the exchange, so that its rules
 * are asked again.
 */
export const opensApp = (
  token: AccessToken,
  federation: Federation | null,
  appId: string,
  now: number,
): boolean =>
  federation !== null &&
  now < token.expiresAt &&
  token.apps.includes(appId) &&
  token.issuer === federation.issuer &&
  token.audience === federation.audience &&
  unmetRule(rulesOf(federation), token.claims) === null;
