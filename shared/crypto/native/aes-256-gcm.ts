import { err, ok } from "../../base/result.ts";
import { AES_256_GCM } from "../lengths.ts";
import type { AeadScheme } from "../types.ts";
import { plain, type SubtleLike } from "./subtle.ts";

export const nativeAes256Gcm = (subtle: SubtleLike): AeadScheme => ({
  lengths: AES_256_GCM,
  async key(secret) {
    const usages = ["encrypt", "decrypt"];
    const key = await subtle.importKey("raw", plain(secret), { name: "AES-GCM" }, false, usages);
    const gcm = (nonce: Uint8Array, associated: Uint8Array) => ({
      name: "AES-GCM",
      iv: plain(nonce),
      additionalData: plain(associated),
    });
    return {
      seal: async (nonce, plaintext, associated) =>
        new Uint8Array(await subtle.encrypt(gcm(nonce, associated), key, plain(plaintext))),
      async open(nonce, sealed, associated) {
        try {
          return ok(new Uint8Array(await subtle.decrypt(gcm(nonce, associated), key, plain(sealed))));
        } catch {
          return err("NOT_AUTHENTIC");
        }
      },
    };
  },
});
