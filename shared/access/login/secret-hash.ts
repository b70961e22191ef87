import { sha256 } from "@noble/hashes/sha2.js";
import { base64url } from "../../base/base64url.ts";

const encoder = new TextEncoder();

/**
 * SHA-256 of a random secret, in base64url. Use it only for secrets of at least 128 random bits, because it
 * is not a password hash.
 */
export function hashSecret(secret: string): string {
  return base64url(sha256(encoder.encode(secret)));
}
