import type { Bytes } from "../types.ts";

/**
 * The part of WebCrypto's `SubtleCrypto` that is used. `shared/` knows no platform, so the caller passes its
 * own object in. The optional methods belong to the lattice algorithms (WICG "Modern Algorithms in the Web
 * Cryptography API").
 */

/** A `CryptoKey`. It is only passed back to WebCrypto and never read. */
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

/** The same bytes in memory that threads don't share, because WebCrypto refuses shared memory. */
export const plain = (bytes: Uint8Array): Bytes => (isPlain(bytes) ? bytes : bytes.slice());

const isPlain = (bytes: Uint8Array): bytes is Bytes => bytes.buffer instanceof ArrayBuffer;

/** A peer's public key. Null if the bytes are no public key. */
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
