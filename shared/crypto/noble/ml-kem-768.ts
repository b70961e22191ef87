import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import type { RandomBytes } from "../../base/random.ts";
import { ok } from "../../base/result.ts";
import { ML_KEM_768 } from "../lengths.ts";
import type { KemScheme } from "../types.ts";

export const nobleMlKem768 = (random: RandomBytes): KemScheme => ({
  lengths: ML_KEM_768,
  async key(seed) {
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    return {
      publicKey,
      decapsulate: async (ciphertext) => ok(ml_kem768.decapsulate(ciphertext, secretKey)),
    };
  },
  async encapsulate(publicKey) {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, random(32));
    return ok({ ciphertext: cipherText, sharedSecret });
  },
});
