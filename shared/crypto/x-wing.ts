import { shake256 } from "@noble/hashes/sha3.js";
import type { RandomBytes } from "../base/random.ts";
import { ok } from "../base/result.ts";
import { concat, requireLength, utf8 } from "./bytes.ts";
import { ML_KEM_768, X_WING, X25519 } from "./lengths.ts";
import type { Bytes, KemScheme, Primitives } from "./types.ts";

/**
 * X-Wing (draft-connolly-cfrg-xwing-kem): ML-KEM-768 and X25519 with a combiner that is safe only for this
 * pair. An X25519 half of small order is refused; the draft allows both.
 */

/** A picture of a fighter, from the draft: \./ over /^\ . */
const LABEL = utf8("\\.//^\\");

type Parts = Pick<Primitives, "mlKem768" | "x25519" | "sha3_256">;

export function xWingOf({ mlKem768, x25519, sha3_256 }: Parts, random: RandomBytes): KemScheme {
  const combine = (lattice: Bytes, curve: Bytes, curveCiphertext: Uint8Array, curveKey: Uint8Array) =>
    sha3_256(concat(lattice, curve, curveCiphertext, curveKey, LABEL));

  return {
    lengths: X_WING,

    async key(seed) {
      requireLength(seed, X_WING.seed, "An X-Wing seed");
      const expanded = shake256(seed, { dkLen: ML_KEM_768.seed + X25519.seed });
      const [lattice, curve] = await Promise.all([
        mlKem768.key(expanded.subarray(0, ML_KEM_768.seed)),
        x25519.key(expanded.subarray(ML_KEM_768.seed)),
      ]);
      expanded.fill(0);
      return {
        publicKey: concat(lattice.publicKey, curve.publicKey),
        async decapsulate(ciphertext) {
          const curveCiphertext = ciphertext.subarray(ML_KEM_768.ciphertext);
          const [latticeSecret, curveSecret] = await Promise.all([
            lattice.decapsulate(ciphertext.subarray(0, ML_KEM_768.ciphertext)),
            curve.agree(curveCiphertext),
          ]);
          if (!latticeSecret.ok) return latticeSecret;
          if (!curveSecret.ok) return asCiphertextFault(curveSecret.error);
          return ok(await combine(latticeSecret.value, curveSecret.value, curveCiphertext, curve.publicKey));
        },
      };
    },

    async encapsulate(publicKey) {
      const curveKey = publicKey.subarray(ML_KEM_768.publicKey);
      const lattice = await mlKem768.encapsulate(publicKey.subarray(0, ML_KEM_768.publicKey));
      if (!lattice.ok) return lattice;
      const ephemeral = await x25519.key(random(X25519.seed));
      const curve = await ephemeral.agree(curveKey);
      if (!curve.ok) return curve;
      const sharedSecret = await combine(
        lattice.value.sharedSecret,
        curve.value,
        ephemeral.publicKey,
        curveKey,
      );
      return ok({ ciphertext: concat(lattice.value.ciphertext, ephemeral.publicKey), sharedSecret });
    },
  };
}

/** In a decapsulation, the peer's X25519 "public key" is a part of the ciphertext. */
function asCiphertextFault(error: "MALFORMED_KEY" | string) {
  return {
    ok: false,
    error: error === "SMALL_ORDER_POINT" ? "SMALL_ORDER_POINT" : "MALFORMED_CIPHERTEXT",
  } as const;
}
