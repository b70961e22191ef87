import type { Bytes } from "../types.ts";

/**
 * As much of WebCrypto's `SubtleCrypto` as is used. `shared/` knows no platform: whoever has one hands it in. The methods
 * marked optional came with the lattice algorithms (WICG "Modern Algorithms in the Web Cryptography API").
 */

/** A `CryptoKey`, of which nothing is asked but to be handed back. */
export type NativeKey = object;

export interface NativeAlgorithm {
  readonly name: string;
}

export interface SubtleLike {
  digest(algorithm: string, data: Bytes): Promise<ArrayBuffer>;
  importKey(
    format: string,
    data: Bytes,
    algorithm: NativeAlgorithm,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<NativeKey>;
  exportKey(format: string, key: NativeKey): Promise<unknown>;
  sign(algorithm: NativeAlgorithm, key: NativeKey, data: Bytes): Promise<ArrayBuffer>;
  verify(algorithm: NativeAlgorithm, key: NativeKey, signature: Bytes, data: Bytes): Promise<boolean>;
  encrypt(algorithm: NativeAlgorithm, key: NativeKey, data: Bytes): Promise<ArrayBuffer>;
  decrypt(algorithm: NativeAlgorithm, key: NativeKey, data: Bytes): Promise<ArrayBuffer>;
  deriveBits(algorithm: NativeAlgorithm, key: NativeKey, length: number): Promise<ArrayBuffer>;
  getPublicKey?(key: NativeKey, usages: readonly string[]): Promise<NativeKey>;
  encapsulateBits?(algorithm: NativeAlgorithm, key: NativeKey): Promise<NativeEncapsulation>;
  decapsulateBits?(algorithm: NativeAlgorithm, key: NativeKey, data: Bytes): Promise<ArrayBuffer>;
}

export interface NativeEncapsulation {
  readonly sharedKey: ArrayBuffer;
  readonly ciphertext: ArrayBuffer;
}

/** The same bytes for WebCrypto, which takes none from memory that threads share. */
export const plain = (bytes: Uint8Array): Bytes => (isPlain(bytes) ? bytes : bytes.slice());

const isPlain = (bytes: Uint8Array): bytes is Bytes => bytes.buffer instanceof ArrayBuffer;

/** A peer's public key, or null when it is none. */
export async function importOrNull(
  subtle: SubtleLike,
  format: "raw" | "raw-public",
  publicKey: Uint8Array,
  name: string,
  usages: readonly string[],
): Promise<NativeKey | null> {
  try {
    return await subtle.importKey(format, plain(publicKey), { name }, true, usages);
  } catch (error) {
    if (error instanceof Error && error.name === "NotSupportedError") throw error;
    return null;
  }
}
