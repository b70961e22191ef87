import { gcm } from "@noble/ciphers/aes.js";
import { err, ok } from "../../base/result.ts";
import { AES_256_GCM } from "../lengths.ts";
import type { AeadScheme } from "../types.ts";

export const nobleAes256Gcm: AeadScheme = {
  lengths: AES_256_GCM,
  async key(secret) {
    const own = secret.slice();
    return {
      seal: async (nonce, plaintext, associated) => gcm(own, nonce, associated).encrypt(plaintext),
      async open(nonce, sealed, associated) {
        try {
          return ok(gcm(own, nonce, associated).decrypt(sealed));
        } catch {
          return err("NOT_AUTHENTIC");
        }
      },
    };
  },
};
