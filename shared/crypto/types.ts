import type { RandomBytes } from "../base/random.ts";
import type { Result } from "../base/result.ts";

/**
 * The cryptography that the product needs, independent of its implementation. Secrets are stored as seeds and
 * become handles before use: `key(seed)` expands the seed once, and a native backend can keep the key outside
 * JavaScript. A seed of the wrong length is a broken invariant and throws. Wrong data from a peer is refused
 * with a value.
 */

export type Bytes = Uint8Array<ArrayBuffer>;

export type CryptoRefusal = "MALFORMED_KEY" | "MALFORMED_CIPHERTEXT" | "SMALL_ORDER_POINT" | "NOT_AUTHENTIC";

/** Sizes in bytes. */
export interface SignatureLengths {
  readonly seed: number;
  readonly publicKey: number;
  readonly signature: number;
}

export interface SigningKey {
  readonly publicKey: Bytes;
  sign(message: Uint8Array): Promise<Bytes>;
}

export interface SignatureScheme {
  readonly lengths: SignatureLengths;
  key(seed: Uint8Array): Promise<SigningKey>;
  /** False for a wrong signature and for malformed data. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

export interface ContextSigningKey {
  readonly publicKey: Bytes;
  /** @param context At most 255 bytes. A signature for one context is refused in every other context. */
  sign(message: Uint8Array, context: Uint8Array): Promise<Bytes>;
}

export interface ContextSignatureScheme {
  readonly lengths: SignatureLengths;
  key(seed: Uint8Array): Promise<ContextSigningKey>;
  /** False for a wrong signature and for malformed data. */
  verify(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    context: Uint8Array,
  ): Promise<boolean>;
}

/** Sizes in bytes. The shared secret has 32 bytes. */
export interface KemLengths {
  readonly seed: number;
  readonly publicKey: number;
  readonly ciphertext: number;
}

export interface DecapsulationKey {
  readonly publicKey: Bytes;
  /**
   * ML-KEM rejects implicitly: a ciphertext for another key gives another secret and no error. So the caller
   * must confirm the key.
   */
  decapsulate(ciphertext: Uint8Array): Promise<Result<Bytes, CryptoRefusal>>;
}

export interface Encapsulated {
  readonly ciphertext: Bytes;
  readonly sharedSecret: Bytes;
}

export interface KemScheme {
  readonly lengths: KemLengths;
  key(seed: Uint8Array): Promise<DecapsulationKey>;
  encapsulate(publicKey: Uint8Array): Promise<Result<Encapsulated, CryptoRefusal>>;
}

export interface AgreementKey {
  readonly publicKey: Bytes;
  agree(peerPublicKey: Uint8Array): Promise<Result<Bytes, CryptoRefusal>>;
}

export interface AgreementScheme {
  readonly lengths: { readonly seed: number; readonly publicKey: number };
  key(seed: Uint8Array): Promise<AgreementKey>;
}

export type Digest = (data: Uint8Array) => Promise<Bytes>;

export interface MacKey {
  sign(data: Uint8Array): Promise<Bytes>;
  /** Compares the tags in constant time. */
  verify(data: Uint8Array, tag: Uint8Array): Promise<boolean>;
}

export interface MacScheme {
  readonly lengths: { readonly tag: number };
  key(secret: Uint8Array): Promise<MacKey>;
}

export interface AeadKey {
  /** The ciphertext, followed by the tag. Never use a nonce twice with the same key. */
  seal(nonce: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Promise<Bytes>;
  open(nonce: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Promise<Result<Bytes, CryptoRefusal>>;
}

export interface AeadScheme {
  readonly lengths: { readonly key: number; readonly nonce: number; readonly tag: number };
  key(secret: Uint8Array): Promise<AeadKey>;
}

/** The algorithms that a backend computes itself. All other algorithms are built from these. */
export interface Primitives {
  readonly sha256: Digest;
  readonly sha512: Digest;
  readonly sha3_256: Digest;
  readonly hmacSha256: MacScheme;
  readonly aes256Gcm: AeadScheme;
  readonly ed25519: SignatureScheme;
  readonly mlDsa65: ContextSignatureScheme;
  readonly x25519: AgreementScheme;
  readonly mlKem768: KemScheme;
}

export type PrimitiveName = keyof Primitives;
export type BackendName = "native" | "noble";

/** A native algorithm that is not used, and the reason: the run-time lacks it, or it failed the self-test. */
export interface Unused {
  readonly algorithm: PrimitiveName;
  readonly reason: string;
}

export interface CryptoProvider extends Primitives {
  /** `id-MLDSA65-Ed25519-SHA512`: a signature is valid only if both halves are valid. */
  readonly composite: ContextSignatureScheme;
  readonly xWing: KemScheme;
  readonly random: RandomBytes;
  readonly backends: Readonly<Record<PrimitiveName, BackendName>>;
  readonly unused: readonly Unused[];
}
