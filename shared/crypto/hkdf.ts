import { concat } from "./bytes.ts";
import { HMAC_SHA256 } from "./lengths.ts";
import type { Bytes, MacScheme } from "./types.ts";

/** HKDF with SHA-256 (RFC 5869). */

export interface HkdfInput {
  readonly secret: Uint8Array;
  /** An empty salt means a salt of zeros (§2.2). */
  readonly salt: Uint8Array;
  /** The purpose of the key. Each purpose gets its own key. */
  readonly info: Uint8Array;
  /** The number of bytes to return, at most 8,160. */
  readonly length: number;
}

export async function hkdfSha256(
  hmacSha256: MacScheme,
  { secret, salt, info, length }: HkdfInput,
): Promise<Bytes> {
  return hkdfExpand(hmacSha256, await hkdfExtract(hmacSha256, salt, secret), info, length);
}

/** §2.2: a pseudorandom key of 32 bytes. */
export async function hkdfExtract(
  hmacSha256: MacScheme,
  salt: Uint8Array,
  secret: Uint8Array,
): Promise<Bytes> {
  const key = await hmacSha256.key(salt.length === 0 ? new Uint8Array(HMAC_SHA256.tag) : salt);
  return key.sign(secret);
}

/**
 * §2.3.
 *
 * @throws RangeError If more than 255 blocks are requested.
 */
async function hkdfExpand(
  hmacSha256: MacScheme,
  pseudorandomKey: Uint8Array,
  info: Uint8Array,
  length: number,
): Promise<Bytes> {
  const blocks = Math.ceil(length / HMAC_SHA256.tag);
  if (!Number.isSafeInteger(length) || length < 1 || blocks > 255) {
    throw new RangeError(`HKDF-SHA-256 makes 1 to 8,160 bytes, not ${length}`);
  }
  const key = await hmacSha256.key(pseudorandomKey);
  const output = new Uint8Array(blocks * HMAC_SHA256.tag);
  let block = new Uint8Array(0);
  for (let n = 0; n < blocks; n++) {
    block = await key.sign(concat(block, info, Uint8Array.of(n + 1)));
    output.set(block, n * HMAC_SHA256.tag);
  }
  return output.slice(0, length);
}
