import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256 } from "@noble/hashes/sha3.js";
import { equal } from "../bytes.ts";
import { HMAC_SHA256 } from "../lengths.ts";
import type { MacScheme, Primitives } from "../types.ts";

export const nobleDigests: Pick<Primitives, "sha256" | "sha512" | "sha3_256"> = {
  sha256: async (data) => sha256(data),
  sha512: async (data) => sha512(data),
  sha3_256: async (data) => sha3_256(data),
};

export const nobleHmacSha256: MacScheme = {
  lengths: HMAC_SHA256,
  async key(secret) {
    const own = secret.slice();
    return {
      sign: async (data) => hmac(sha256, own, data),
      verify: async (data, tag) => equal(hmac(sha256, own, data), tag),
    };
  },
};
