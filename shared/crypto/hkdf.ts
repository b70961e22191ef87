import { concat } from "./bytes.ts";
import type { Bytes, MacScheme } from "./types.ts";

export interface HkdfInput {
  readonly secret: Uint8Array;
  /** Empty where there is none. */
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  /** Of the output, in bytes: at most 255 × 32. */
  readonly length: number;
}

/** HKDF with SHA-256 (RFC 5869). */
export async function hkdfSha256(hmac: MacScheme, input: HkdfInput): Promise<Bytes> {
  const hashLength = hmac.lengths.tag;
  if (input.length > 255 * hashLength) throw new RangeError("HKDF gives at most 255 blocks");
  // RFC 5869 §2.2: without a salt, a string of zeros.
  const salt = input.salt.length > 0 ? input.salt : new Uint8Array(hashLength);
  const expand = await hmac.key(await (await hmac.key(salt)).sign(input.secret));
  const blocks: Bytes[] = [];
  let last: Bytes = new Uint8Array(0);
  for (let at = 0; at < input.length; at += hashLength) {
    last = await expand.sign(concat(last, input.info, new Uint8Array([blocks.length + 1])));
    blocks.push(last);
  }
  return concat(...blocks).slice(0, input.length);
}
