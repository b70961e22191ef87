import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { base64url } from "../encoding.ts";
import type { UnverifiedJws } from "./jws.ts";

/** Seconds. */
const FUTURE = 60;
const MAX_AGE = 600;

/**
 * The checks of an ID token that come on top of issuer, expiry, nonce and signature: what is wrong, or null.
 * Stricter than OpenID Connect Core §3.1.3.7: an audience besides us is refused even with our `azp`.
 *
 * @param now Milliseconds since the Unix epoch.
 */
export function idTokenFault(
  { header, claims }: UnverifiedJws,
  expected: { readonly clientId: string; readonly accessToken: string },
  now: number,
): string | null {
  const { aud, azp, iat, at_hash: atHash } = claims;
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audiences.length !== 1 || audiences[0] !== expected.clientId) return "aud is not this client alone";
  if (azp !== undefined && azp !== expected.clientId) return "azp is not this client";
  const seconds = now / 1_000;
  if (typeof iat !== "number" || iat > seconds + FUTURE) return "iat is in the future";
  if (iat < seconds - MAX_AGE) return "iat is too long ago";
  if (atHash !== undefined && atHash !== accessTokenHash(header.alg, expected.accessToken)) {
    return "at_hash is not that of the access token";
  }
  return null;
}

/** OpenID Connect Core §3.1.3.6: the left half of the hash of the algorithm; Ed25519 goes with SHA-512. */
function accessTokenHash(alg: string, accessToken: string): string {
  const bytes = new TextEncoder().encode(accessToken);
  const digest = alg === "EdDSA" ? sha512(bytes) : sha256(bytes);
  return base64url(digest.subarray(0, digest.length / 2));
}
