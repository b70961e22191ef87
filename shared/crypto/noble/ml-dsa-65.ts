import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import type { RandomBytes } from "../../base/random.ts";
import { ML_DSA_65 } from "../lengths.ts";
import type { ContextSignatureScheme } from "../types.ts";

/** Signs with fresh randomness (FIPS 204 §3.4), which weakens side-channel and fault attacks. */
export const nobleMlDsa65 = (random: RandomBytes): ContextSignatureScheme => ({
  lengths: ML_DSA_65,
  async key(seed) {
    const { publicKey, secretKey } = ml_dsa65.keygen(seed);
    return {
      publicKey,
      sign: async (message, context) =>
        ml_dsa65.sign(message, secretKey, { context, extraEntropy: random(32) }),
    };
  },
  verify: async (publicKey, message, signature, context) =>
    ml_dsa65.verify(signature, message, publicKey, { context }),
});
