import { concat, requireLength, utf8 } from "./bytes.ts";
import { ED25519, MAX_CONTEXT, ML_DSA_65 } from "./lengths.ts";
import type { Bytes, ContextSignatureScheme, Primitives } from "./types.ts";

/**
 * `id-MLDSA65-Ed25519-SHA512` of draft-ietf-lamps-pq-composite-sigs: ML-DSA-65 and Ed25519 sign the same
 * message representative. Keys, seeds and signatures consist of two halves, ML-DSA first. Composite
 * signatures are not strongly unforgeable against a quantum attacker. So never use a signature, or its hash,
 * as an identifier.
 */

const PREFIX = utf8("CompositeAlgorithmSignatures2025");
const LABEL = utf8("COMPSIG-MLDSA65-Ed25519-SHA512");

export const COMPOSITE = {
  seed: ML_DSA_65.seed + ED25519.seed,
  publicKey: ML_DSA_65.publicKey + ED25519.publicKey,
  signature: ML_DSA_65.signature + ED25519.signature,
} as const;

type Parts = Pick<Primitives, "ed25519" | "mlDsa65" | "sha512">;

export function compositeOf({ ed25519, mlDsa65, sha512 }: Parts): ContextSignatureScheme {
  return {
    lengths: COMPOSITE,

    async key(seed) {
      requireLength(seed, COMPOSITE.seed, "A composite seed");
      const [lattice, curve] = await Promise.all([
        mlDsa65.key(seed.subarray(0, ML_DSA_65.seed)),
        ed25519.key(seed.subarray(ML_DSA_65.seed)),
      ]);
      return {
        publicKey: concat(lattice.publicKey, curve.publicKey),
        async sign(message, context) {
          const representative = await messageRepresentative(sha512, message, context);
          return concat(
            ...(await Promise.all([lattice.sign(representative, LABEL), curve.sign(representative)])),
          );
        },
      };
    },

    async verify(publicKey, message, signature, context) {
      if (publicKey.length !== COMPOSITE.publicKey || signature.length !== COMPOSITE.signature) return false;
      if (context.length > MAX_CONTEXT) return false;
      const representative = await messageRepresentative(sha512, message, context);
      // Both halves are always computed, because the time must not reveal which half failed.
      const [latticeHolds, curveHolds] = await Promise.all([
        mlDsa65.verify(
          publicKey.subarray(0, ML_DSA_65.publicKey),
          representative,
          signature.subarray(0, ML_DSA_65.signature),
          LABEL,
        ),
        ed25519.verify(
          publicKey.subarray(ML_DSA_65.publicKey),
          representative,
          signature.subarray(ML_DSA_65.signature),
        ),
      ]);
      return latticeHolds && curveHolds;
    },
  };
}

/** M' = Prefix ‖ Label ‖ len(ctx) ‖ ctx ‖ SHA-512(M). */
async function messageRepresentative(
  sha512: Parts["sha512"],
  message: Uint8Array,
  context: Uint8Array,
): Promise<Bytes> {
  if (context.length > MAX_CONTEXT) throw new RangeError(`A context has at most ${MAX_CONTEXT} bytes`);
  return concat(PREFIX, LABEL, Uint8Array.of(context.length), context, await sha512(message));
}
