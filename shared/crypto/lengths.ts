/** Sizes in bytes, each with the standard that defines it. */

/** RFC 8032 §5.1. */
export const ED25519 = { seed: 32, publicKey: 32, signature: 64 } as const;
/** FIPS 204 table 2; the seed is ξ of algorithm 1. */
export const ML_DSA_65 = { seed: 32, publicKey: 1952, signature: 3309 } as const;
/** FIPS 204 §5.2: a context has at most 255 bytes. */
export const MAX_CONTEXT = 255;
/** RFC 7748 §5. */
export const X25519 = { seed: 32, publicKey: 32 } as const;
/** FIPS 203 table 3; the seed is d ‖ z of algorithm 16. */
export const ML_KEM_768 = { seed: 64, publicKey: 1184, ciphertext: 1088 } as const;
/** draft-connolly-cfrg-xwing-kem §5.2. */
export const X_WING = { seed: 32, publicKey: 1216, ciphertext: 1120 } as const;
/** RFC 2104 with SHA-256. */
export const HMAC_SHA256 = { tag: 32 } as const;
/** NIST SP 800-38D. */
export const AES_256_GCM = { key: 32, nonce: 12, tag: 16 } as const;
