import { ok, type Result } from "../../base/result.ts";
import { concat } from "../../crypto/bytes.ts";
import { hkdfSha256 } from "../../crypto/hkdf.ts";
import type { Bytes, CryptoProvider, CryptoRefusal } from "../../crypto/types.ts";
import { transcript } from "./transcript.ts";

/**
 * A proof that a node holds the private halves of its KEM key and its WireGuard key. The hub encapsulates to the KEM
 * key and makes a key agreement with the WireGuard key. Only a node with both private halves knows the secret under
 * which the statement is MAC'd. (The signing key proves itself by signing.)
 */

export interface KeyAgreementKeys {
  /** X25519, 32 bytes. */
  readonly wireguard: Uint8Array;
  /** X-Wing, 1216 bytes. */
  readonly kem: Uint8Array;
}

export interface PossessionChallenge {
  readonly kemCiphertext: Bytes;
  readonly wireguardEphemeral: Bytes;
}

export interface IssuedChallenge extends PossessionChallenge {
  /** 32 bytes. The hub seals this secret into the challenge. */
  readonly secret: Bytes;
}

/** @returns A refusal when a key is malformed or of small order. */
export async function issueChallenge(
  crypto: CryptoProvider,
  keys: KeyAgreementKeys,
): Promise<Result<IssuedChallenge, CryptoRefusal>> {
  const encapsulated = await crypto.xWing.encapsulate(keys.kem);
  if (!encapsulated.ok) return encapsulated;
  const ephemeral = await crypto.x25519.key(crypto.random(crypto.x25519.lengths.seed));
  const agreed = await ephemeral.agree(keys.wireguard);
  if (!agreed.ok) return agreed;
  const challenge = {
    kemCiphertext: encapsulated.value.ciphertext,
    wireguardEphemeral: ephemeral.publicKey,
  };
  const secret = await secretOf(crypto, encapsulated.value.sharedSecret, agreed.value, challenge, keys);
  return ok({ ...challenge, secret });
}

/**
 * @param seeds The private halves. The secret equals the hub's secret if the seeds belong to the keys of the challenge.
 */
export async function answerChallenge(
  crypto: CryptoProvider,
  seeds: KeyAgreementKeys,
  challenge: PossessionChallenge,
): Promise<Result<Bytes, CryptoRefusal>> {
  const kem = await crypto.xWing.key(seeds.kem);
  const wireguard = await crypto.x25519.key(seeds.wireguard);
  const decapsulated = await kem.decapsulate(challenge.kemCiphertext);
  if (!decapsulated.ok) return decapsulated;
  const agreed = await wireguard.agree(challenge.wireguardEphemeral);
  if (!agreed.ok) return agreed;
  const keys = { kem: kem.publicKey, wireguard: wireguard.publicKey };
  return ok(await secretOf(crypto, decapsulated.value, agreed.value, challenge, keys));
}

/** @param statement The bytes of the statement that cites the challenge. */
export async function provePossession(
  crypto: Pick<CryptoProvider, "hmacSha256">,
  secret: Uint8Array,
  statement: Uint8Array,
): Promise<Bytes> {
  return (await crypto.hmacSha256.key(secret)).sign(transcript("possession", statement));
}

export async function possessionHolds(
  crypto: Pick<CryptoProvider, "hmacSha256">,
  secret: Uint8Array,
  statement: Uint8Array,
  proof: Uint8Array,
): Promise<boolean> {
  return (await crypto.hmacSha256.key(secret)).verify(transcript("possession", statement), proof);
}

function secretOf(
  crypto: Pick<CryptoProvider, "hmacSha256">,
  kemSecret: Uint8Array,
  agreedSecret: Uint8Array,
  challenge: PossessionChallenge,
  keys: KeyAgreementKeys,
): Promise<Bytes> {
  return hkdfSha256(crypto.hmacSha256, {
    secret: concat(kemSecret, agreedSecret),
    salt: new Uint8Array(0),
    info: transcript(
      "possession",
      challenge.kemCiphertext,
      challenge.wireguardEphemeral,
      keys.kem,
      keys.wireguard,
    ),
    length: 32,
  });
}
