import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, equal } from "../bytes.ts";
import { ED25519 } from "../lengths.ts";
import type { SignatureScheme } from "../types.ts";

const { Point } = ed25519;

export const nobleEd25519: SignatureScheme = {
  lengths: ED25519,
  async key(seed) {
    const own = seed.slice();
    return { publicKey: ed25519.getPublicKey(own), sign: async (message) => ed25519.sign(message, own) };
  },
  verify: async (publicKey, message, signature) => verifyWithoutCofactor(publicKey, message, signature),
};

/**
 * Checks the same equation as OpenSSL and BoringSSL: the encoding of [S]B − [k]A is R (RFC 8032 §5.1.7, the
 * stricter of the two allowed checks). The library's own check multiplies by the cofactor. So it accepts
 * signatures under keys of mixed order, which native backends refuse.
 */
function verifyWithoutCofactor(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const r = signature.subarray(0, 32);
  try {
    const a = Point.fromBytes(publicKey, false);
    const s = fromLittleEndian(signature.subarray(32));
    const k = fromLittleEndian(sha512(concat(r, publicKey, message))) % Point.Fn.ORDER;
    return equal(Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes(), r);
  } catch {
    // The key is no point of the curve, or S is not below the order of the group.
    return false;
  }
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  let hex = "";
  for (const byte of bytes) hex = byte.toString(16).padStart(2, "0") + hex;
  return BigInt(`0x${hex}`);
}
