import type { RandomBytes } from "../../base/random.ts";
import type { Primitives } from "../types.ts";
import { nobleAes256Gcm } from "./aes-256-gcm.ts";
import { nobleEd25519 } from "./ed25519.ts";
import { nobleDigests, nobleHmacSha256 } from "./hash.ts";
import { nobleMlDsa65 } from "./ml-dsa-65.ts";
import { nobleMlKem768 } from "./ml-kem-768.ts";
import { nobleX25519 } from "./x25519.ts";

/**
 * All algorithms in pure JavaScript. They are always available, and native backends are compared with them.
 * Their authors say that they are not constant-time.
 */
export const noblePrimitives = (random: RandomBytes): Primitives => ({
  ...nobleDigests,
  hmacSha256: nobleHmacSha256,
  aes256Gcm: nobleAes256Gcm,
  ed25519: nobleEd25519,
  mlDsa65: nobleMlDsa65(random),
  x25519: nobleX25519,
  mlKem768: nobleMlKem768(random),
});
