import { utf8 } from "../crypto/bytes.ts";
import type { EnvelopeSigner } from "../crypto/dsse.ts";
import { hkdfSha256 } from "../crypto/hkdf.ts";
import type { AeadKey, Bytes, CryptoProvider, DecapsulationKey } from "../crypto/types.ts";
import { signerFromSeed } from "./config/root-signing.ts";

/**
 * The hub's keys of the mesh. All keys come from SECRET_KEY, each under the name of its purpose. So only that secret
 * must be kept. A new SECRET_KEY needs a new root document.
 */

const LENGTHS = { "online-signing": 64, "hub-kem": 32, ticket: 32, challenge: 32 } as const;
type Purpose = keyof typeof LENGTHS;

/** @param secretKey The text of SECRET_KEY. */
function seedOf(crypto: CryptoProvider, secretKey: string, purpose: Purpose): Promise<Bytes> {
  return hkdfSha256(crypto.hmacSha256, {
    secret: utf8(secretKey),
    salt: new Uint8Array(0),
    info: utf8(`rustronaut/mesh/${purpose}/1`),
    length: LENGTHS[purpose],
  });
}

/** Signs heads: the key of the online role. */
export const onlineSigner = async (crypto: CryptoProvider, secretKey: string): Promise<EnvelopeSigner> =>
  signerFromSeed(crypto, await seedOf(crypto, secretKey, "online-signing"));

/** The key that agents encapsulate to. */
export const hubKem = async (crypto: CryptoProvider, secretKey: string): Promise<DecapsulationKey> =>
  crypto.xWing.key(await seedOf(crypto, secretKey, "hub-kem"));

/** The key that seals tickets, or the key that seals challenges. */
export const sealingKey = async (
  crypto: CryptoProvider,
  secretKey: string,
  purpose: "ticket" | "challenge",
): Promise<AeadKey> => crypto.aes256Gcm.key(await seedOf(crypto, secretKey, purpose));
