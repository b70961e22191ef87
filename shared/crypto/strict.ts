import { err } from "../base/result.ts";
import { requireLength } from "./bytes.ts";
import { MAX_CONTEXT } from "./lengths.ts";
import { isReducedEncapsulationKey } from "./strict-lattice.ts";
import { isReducedScalar, judgeEdwardsPoint, judgeMontgomeryPoint } from "./strict-points.ts";
import type {
  AeadScheme,
  AgreementScheme,
  ContextSignatureScheme,
  KemScheme,
  MacScheme,
  Primitives,
  SignatureScheme,
} from "./types.ts";

/**
 * Checks the input before every backend, so that a refusal never depends on the backend. Libraries disagree
 * about lengths, encodings and small-order points, and some throw where others return a value.
 */
export const strict = (backend: Primitives): Primitives => ({
  sha256: backend.sha256,
  sha512: backend.sha512,
  sha3_256: backend.sha3_256,
  hmacSha256: strictMac(backend.hmacSha256),
  aes256Gcm: strictAead(backend.aes256Gcm),
  ed25519: strictEd25519(backend.ed25519),
  mlDsa65: strictMlDsa65(backend.mlDsa65),
  x25519: strictX25519(backend.x25519),
  mlKem768: strictMlKem768(backend.mlKem768),
});

const strictMac = ({ lengths, key }: MacScheme): MacScheme => ({
  lengths,
  async key(secret) {
    // WebCrypto refuses an empty key, and an empty key is always a mistake.
    if (secret.length === 0) throw new RangeError("An HMAC key must not be empty");
    return key(secret);
  },
});

const strictAead = ({ lengths, key }: AeadScheme): AeadScheme => ({
  lengths,
  async key(secret) {
    requireLength(secret, lengths.key, "An AES-256-GCM key");
    const { seal, open } = await key(secret);
    return {
      async seal(nonce, plaintext, associated) {
        requireLength(nonce, lengths.nonce, "An AES-256-GCM nonce");
        return seal(nonce, plaintext, associated);
      },
      async open(nonce, sealed, associated) {
        if (nonce.length !== lengths.nonce || sealed.length < lengths.tag) return err("NOT_AUTHENTIC");
        return open(nonce, sealed, associated);
      },
    };
  },
});

const strictEd25519 = ({ lengths, key, verify }: SignatureScheme): SignatureScheme => ({
  lengths,
  async key(seed) {
    requireLength(seed, lengths.seed, "An Ed25519 seed");
    return key(seed);
  },
  async verify(publicKey, message, signature) {
    if (publicKey.length !== lengths.publicKey || signature.length !== lengths.signature) return false;
    const wellFormed =
      judgeEdwardsPoint(publicKey) === "fine" &&
      judgeEdwardsPoint(signature.subarray(0, 32)) === "fine" &&
      isReducedScalar(signature.subarray(32));
    return wellFormed && verify(publicKey, message, signature);
  },
});

const strictMlDsa65 = ({ lengths, key, verify }: ContextSignatureScheme): ContextSignatureScheme => ({
  lengths,
  async key(seed) {
    requireLength(seed, lengths.seed, "An ML-DSA-65 seed");
    const { publicKey, sign } = await key(seed);
    return {
      publicKey,
      async sign(message, context) {
        if (context.length > MAX_CONTEXT) throw new RangeError(`A context has at most ${MAX_CONTEXT} bytes`);
        return sign(message, context);
      },
    };
  },
  async verify(publicKey, message, signature, context) {
    if (publicKey.length !== lengths.publicKey || signature.length !== lengths.signature) return false;
    return context.length <= MAX_CONTEXT && verify(publicKey, message, signature, context);
  },
});

const strictX25519 = ({ lengths, key }: AgreementScheme): AgreementScheme => ({
  lengths,
  async key(seed) {
    requireLength(seed, lengths.seed, "An X25519 seed");
    const { publicKey, agree } = await key(seed);
    return {
      publicKey,
      async agree(peerPublicKey) {
        if (peerPublicKey.length !== lengths.publicKey) return err("MALFORMED_KEY");
        const verdict = judgeMontgomeryPoint(peerPublicKey);
        if (verdict === "non-canonical") return err("MALFORMED_KEY");
        return verdict === "small-order" ? err("SMALL_ORDER_POINT") : agree(peerPublicKey);
      },
    };
  },
});

const strictMlKem768 = ({ lengths, key, encapsulate }: KemScheme): KemScheme => ({
  lengths,
  async key(seed) {
    requireLength(seed, lengths.seed, "An ML-KEM-768 seed");
    const { publicKey, decapsulate } = await key(seed);
    return {
      publicKey,
      async decapsulate(ciphertext) {
        return ciphertext.length === lengths.ciphertext
          ? decapsulate(ciphertext)
          : err("MALFORMED_CIPHERTEXT");
      },
    };
  },
  async encapsulate(publicKey) {
    const wellFormed = publicKey.length === lengths.publicKey && isReducedEncapsulationKey(publicKey);
    return wellFormed ? encapsulate(publicKey) : err("MALFORMED_KEY");
  },
});
