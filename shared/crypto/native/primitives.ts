import type { Primitives } from "../types.ts";
import { nativeAes256Gcm } from "./aes-256-gcm.ts";
import { nativeEd25519, nativeX25519 } from "./curve25519.ts";
import { nativeDigest, nativeHmacSha256 } from "./hash.ts";
import { nativeMlDsa65, nativeMlKem768 } from "./lattice.ts";
import type { SubtleLike } from "./subtle.ts";

/**
 * All algorithms by the WebCrypto of the run-time. If the run-time lacks an algorithm, using that algorithm
 * throws.
 */
export const nativePrimitives = (subtle: SubtleLike, pure: Pick<Primitives, "ed25519">): Primitives => ({
  sha256: nativeDigest(subtle, "SHA-256"),
  sha512: nativeDigest(subtle, "SHA-512"),
  sha3_256: nativeDigest(subtle, "SHA3-256"),
  hmacSha256: nativeHmacSha256(subtle),
  aes256Gcm: nativeAes256Gcm(subtle),
  ed25519: nativeEd25519(subtle, pure.ed25519),
  mlDsa65: nativeMlDsa65(subtle),
  x25519: nativeX25519(subtle),
  mlKem768: nativeMlKem768(subtle),
});
