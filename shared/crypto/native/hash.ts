import { HMAC_SHA256 } from "../lengths.ts";
import type { Digest, MacScheme } from "../types.ts";
import { plain, type SubtleLike } from "./subtle.ts";

export const nativeDigest =
  (subtle: SubtleLike, algorithm: "SHA-256" | "SHA-512" | "SHA3-256"): Digest =>
  async (data) =>
    new Uint8Array(await subtle.digest(algorithm, plain(data)));

export const nativeHmacSha256 = (subtle: SubtleLike): MacScheme => ({
  lengths: HMAC_SHA256,
  async key(secret) {
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const key = await subtle.importKey("raw", plain(secret), hmac, false, ["sign", "verify"]);
    return {
      sign: async (data) => new Uint8Array(await subtle.sign(hmac, key, plain(data))),
      verify: (data, tag) => subtle.verify(hmac, key, plain(tag), plain(data)),
    };
  },
});
