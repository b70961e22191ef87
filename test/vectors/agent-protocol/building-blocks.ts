import { shake256 } from "@noble/hashes/sha3.js";
import { base64url as b64 } from "../../../shared/base/base64url.ts";
import type { Result } from "../../../shared/base/result.ts";
import { concat, utf8 } from "../../../shared/crypto/bytes.ts";
import { preAuthenticationEncoding } from "../../../shared/crypto/dsse.ts";
import { hkdfSha256 } from "../../../shared/crypto/hkdf.ts";
import type { CryptoProvider } from "../../../shared/crypto/types.ts";
import { signerFromSeed } from "../../../shared/node/config/root-signing.ts";
import { sealEnrolmentSecret } from "../../../shared/node/protocol/enrolment-secret.ts";
import { label, transcript } from "../../../shared/node/protocol/transcript.ts";

/** What the protocol is made of, each with its intermediate values: where an implementation goes wrong, it shows here. */

const filled = (value: number, length: number) => new Uint8Array(length).fill(value);

function value<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(String(result.error));
  return result.value;
}

/** X-Wing: what each half gives, and what both give together. */
export async function xWingVector(provider: CryptoProvider) {
  const seed = filled(10, 32);
  const expanded = shake256(seed, { dkLen: 96 });
  const [lattice, curve] = [expanded.slice(0, 64), expanded.slice(64)];
  const whole = await provider.xWing.key(seed);
  const { ciphertext, sharedSecret } = value(await provider.xWing.encapsulate(whole.publicKey));
  const [ofLattice, ofCurve] = [ciphertext.slice(0, 1_088), ciphertext.slice(1_088)];
  return {
    seed: b64(seed),
    mlKemSeed: b64(lattice),
    x25519Private: b64(curve),
    publicKey: b64(whole.publicKey),
    ciphertext: b64(ciphertext),
    mlKemSecret: b64(value(await (await provider.mlKem768.key(lattice)).decapsulate(ofLattice))),
    x25519Secret: b64(value(await (await provider.x25519.key(curve)).agree(ofCurve))),
    sharedSecret: b64(sharedSecret),
  };
}

/** HKDF-SHA-256 in its two steps. */
export async function hkdfVector(provider: CryptoProvider) {
  const [secret, salt, info] = [filled(11, 32), filled(12, 32), filled(13, 1_500)];
  const hmac = async (key: Uint8Array, bytes: Uint8Array) => (await provider.hmacSha256.key(key)).sign(bytes);
  const prk = await hmac(salt, secret);
  return {
    secret: b64(secret),
    salt: b64(salt),
    info: b64(info),
    prk: b64(prk),
    output: b64(await hkdfSha256(provider.hmacSha256, { secret, salt, info, length: 32 })),
  };
}

/** A composite signature; another run of another implementation gives another one, which must verify. */
export async function compositeVector(provider: CryptoProvider) {
  const seed = concat(filled(14, 32), filled(15, 32));
  const { key, keyId } = await signerFromSeed(provider, seed);
  const [message, context] = [utf8("message"), utf8(label("handshake"))];
  const representative = concat(
    utf8("CompositeAlgorithmSignatures2025"),
    utf8("COMPSIG-MLDSA65-Ed25519-SHA512"),
    Uint8Array.of(context.length),
    context,
    await provider.sha512(message),
  );
  return {
    seed: b64(seed),
    publicKey: b64(key.publicKey),
    keyId,
    message: b64(message),
    context: label("handshake"),
    representative: b64(representative),
    signature: b64(await key.sign(message, context)),
  };
}

/** What is signed of an envelope. */
export function envelopeVector() {
  const payloadType = "application/vnd.rustronaut.head+json";
  const payload = utf8('{"type":"head"}');
  return {
    payloadType,
    payload: b64(payload),
    signed: b64(preAuthenticationEncoding(payloadType, payload)),
    context: "rustronaut/v1/dsse",
  };
}

/** An enrolment key's secret, sealed for the hub by a device. */
export async function sealedKeyVector(provider: CryptoProvider, origin: string) {
  const hubKemSeed = filled(16, 32);
  const hubKem = await provider.xWing.key(hubKemSeed);
  const signingKey = filled(17, 1_984);
  const secret = `rnek_${"0".repeat(46)}`;
  const { hubCiphertext, sealed } = value(
    await sealEnrolmentSecret(provider, secret, { origin, hubKem: hubKem.publicKey, signingKey }),
  );
  const sharedSecret = value(await hubKem.decapsulate(hubCiphertext));
  const key = await hkdfSha256(provider.hmacSha256, {
    secret: sharedSecret,
    salt: new Uint8Array(0),
    info: transcript("enroll-key"),
    length: 32,
  });
  return {
    origin,
    secret,
    hubKemSeed: b64(hubKemSeed),
    signingPublic: b64(signingKey),
    hubCiphertext: b64(hubCiphertext),
    key: b64(key),
    associatedData: b64(transcript("enroll-key", origin, hubCiphertext, signingKey)),
    sealedKey: b64(sealed),
  };
}
