import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { base64url } from "../../base/base64url.ts";
import { audienceFault } from "./audience.ts";
import type { UnverifiedJws } from "./jws.ts";

/** Seconds. */
const FUTURE = 60;
const MAX_AGE = 600;

/**
 * The checks of an ID token besides issuer, expiry, nonce and signature. Returns what is wrong, or null.
 *
 * @param now Milliseconds since the Unix epoch.
 */
export function idTokenFault(
  { header, claims }: UnverifiedJws,
  expected: {
    readonly clientId: string;
    readonly trustedAudiences: readonly string[];
    readonly accessToken: string;
  },
  now: number,
): string | null {
  const { iat, at_hash: atHash } = claims;
  const audience = audienceFault(claims, expected);
  if (audience !== null) return audience;
  const seconds = now / 1_000;
  if (typeof iat !== "number" || iat > seconds + FUTURE) return "iat is in the future";
  if (iat < seconds - MAX_AGE) return "iat is too long ago";
  if (atHash !== undefined && atHash !== accessTokenHash(header.alg, expected.accessToken)) {
    return "at_hash is not that of the access token";
  }
  return null;
}

/**
 * OpenID Connect Core §3.1.3.6: the left half of the hash of the access token. The hash function is the one
 * of the signing algorithm; for Ed25519 it is SHA-512.
 */
function accessTokenHash(alg: string, accessToken: string): string {
  const bytes = new TextEncoder().encode(accessToken);
  const digest = alg === "EdDSA" ? sha512(bytes) : sha256(bytes);
  return base64url(digest.subarray(0, digest.length / 2));
}
