import { ok, type Result } from "../../base/result.ts";
import { utf8 } from "../../crypto/bytes.ts";
import { hkdfSha256 } from "../../crypto/hkdf.ts";
import type { AeadKey, Bytes, CryptoProvider, CryptoRefusal, DecapsulationKey } from "../../crypto/types.ts";
import { transcript } from "./transcript.ts";

/**
 * The secret of the enrolment key goes to the hub sealed to the KEM key that the root names. So nobody on the path can
 * enrol with the secret, even when TLS is broken.
 */

export interface SealedSecret {
  readonly hubCiphertext: Bytes;
  readonly sealed: Bytes;
}

/** @param signingKey The device's public key. It ties the sealed secret to this device's enrolment. */
export async function sealEnrolmentSecret(
  crypto: CryptoProvider,
  secret: string,
  to: { readonly origin: string; readonly hubKem: Uint8Array; readonly signingKey: Uint8Array },
): Promise<Result<SealedSecret, CryptoRefusal>> {
  const encapsulated = await crypto.xWing.encapsulate(to.hubKem);
  if (!encapsulated.ok) return encapsulated;
  const { ciphertext, sharedSecret } = encapsulated.value;
  const key = await sealingKey(crypto, sharedSecret);
  const sealed = await key.seal(
    ONCE,
    utf8(secret),
    transcript("enroll-key", to.origin, ciphertext, to.signingKey),
  );
  return ok({ hubCiphertext: ciphertext, sealed });
}

export async function openEnrolmentSecret(
  crypto: CryptoProvider,
  sealed: { readonly hubCiphertext: Uint8Array; readonly sealed: Uint8Array },
  at: { readonly origin: string; readonly hubKem: DecapsulationKey; readonly signingKey: Uint8Array },
): Promise<Result<string, CryptoRefusal>> {
  const shared = await at.hubKem.decapsulate(sealed.hubCiphertext);
  if (!shared.ok) return shared;
  const key = await sealingKey(crypto, shared.value);
  const opened = await key.open(
    ONCE,
    sealed.sealed,
    transcript("enroll-key", at.origin, sealed.hubCiphertext, at.signingKey),
  );
  return opened.ok ? ok(new TextDecoder().decode(opened.value)) : opened;
}

/** Each key is used once, so the nonce may be constant. */
const ONCE = new Uint8Array(12);

async function sealingKey(crypto: CryptoProvider, sharedSecret: Uint8Array): Promise<AeadKey> {
  const info = transcript("enroll-key");
  return crypto.aes256Gcm.key(
    await hkdfSha256(crypto.hmacSha256, {
      secret: sharedSecret,
      salt: new Uint8Array(0),
      info,
      length: 32,
    }),
  );
}
