import { createCryptoProvider } from "../../../../shared/crypto/provider.ts";
import type { CryptoProvider } from "../../../../shared/crypto/types.ts";

/** A stream of bytes that a seed fixes: xorshift32. For tests that must be repeatable, never for keys. */
export function seededRandom(seed: number): (length: number) => Uint8Array<ArrayBuffer> {
  let state = seed | 1;
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[i] = state & 255;
    }
    return bytes;
  };
}

export const ORIGIN = "https://hub.example.com";

export const testProvider = (seed = 7): Promise<CryptoProvider> =>
  createCryptoProvider({ subtle: crypto.subtle, random: seededRandom(seed) });

export function flipBit(bytes: Uint8Array, bit: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
