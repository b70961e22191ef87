import { x25519 } from "@noble/curves/ed25519.js";
import { err, ok } from "../../base/result.ts";
import { X25519 } from "../lengths.ts";
import type { AgreementScheme } from "../types.ts";

export const nobleX25519: AgreementScheme = {
  lengths: X25519,
  async key(seed) {
    const own = seed.slice();
    return {
      publicKey: x25519.getPublicKey(own),
      async agree(peerPublicKey) {
        try {
          return ok(x25519.getSharedSecret(own, peerPublicKey));
        } catch {
          // RFC 7748 §6.1: the shared secret is zero.
          return err("SMALL_ORDER_POINT");
        }
      },
    };
  },
};
