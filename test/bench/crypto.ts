import { webcrypto } from "node:crypto";
import type { RandomBytes } from "../../shared/base/random.ts";
import { createCryptoProvider } from "../../shared/crypto/provider.ts";
import type { ContextSignatureScheme, CryptoProvider, KemScheme } from "../../shared/crypto/types.ts";
import { atLeast, type BenchResult } from "./support/result.ts";

/** Milliseconds for which each operation is repeated. */
const SPAN = 250;
const WARM_UP = 10;

const random: RandomBytes = (length) => webcrypto.getRandomValues(new Uint8Array(length));
const MESSAGE = random(256);
const CONTEXT = random(20);

type Operations = Readonly<Record<string, () => Promise<unknown>>>;

/** Operations per second of every algorithm, one after the other, by WebCrypto and by pure JavaScript. */
export default async function crypto(): Promise<BenchResult> {
  const native = await rates(await createCryptoProvider({ subtle: webcrypto.subtle, random }));
  const noble = await rates(await createCryptoProvider({ random }));
  const metrics: Record<string, number> = {};
  for (const [name, rate] of Object.entries(native)) {
    metrics[`${name}_native_per_second`] = rate;
    metrics[`${name}_noble_per_second`] = noble[name] ?? Number.NaN;
  }
  const ratio = (name: string) => (native[name] ?? Number.NaN) / (noble[name] ?? Number.NaN);
  return {
    metrics,
    goals: [
      // What makes the native backend worth its code: the hub signs, and every agent verifies and decapsulates.
      atLeast("native composite signing", ratio("composite_sign"), "× noble", 4),
      atLeast("native composite verification", ratio("composite_verify"), "× noble", 3),
      atLeast("native X-Wing decapsulation", ratio("x_wing_decapsulate"), "× noble", 2),
    ],
  };
}

async function rates(provider: CryptoProvider): Promise<Record<string, number>> {
  const measured: Record<string, number> = {};
  for (const [name, operation] of Object.entries(await operationsOf(provider))) {
    measured[name] = await perSecond(operation);
  }
  return measured;
}

async function perSecond(operation: () => Promise<unknown>): Promise<number> {
  for (let n = 0; n < WARM_UP; n++) await operation();
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < SPAN) {
    await operation();
    count++;
  }
  return count / ((performance.now() - started) / 1_000);
}

async function operationsOf(provider: CryptoProvider): Promise<Operations> {
  const { sha256, sha512, sha3_256, hmacSha256, aes256Gcm, ed25519, x25519 } = provider;
  const mac = await hmacSha256.key(random(32));
  const aead = await aes256Gcm.key(random(32));
  const curve = await ed25519.key(random(32));
  const curveSignature = await curve.sign(MESSAGE);
  const agreement = await x25519.key(random(32));
  const peer = await x25519.key(random(32));
  return {
    sha256: () => sha256(MESSAGE),
    sha512: () => sha512(MESSAGE),
    sha3_256: () => sha3_256(MESSAGE),
    hmac_sha256: () => mac.sign(MESSAGE),
    aes_256_gcm_seal: () => aead.seal(random(12), MESSAGE, CONTEXT),
    ed25519_key: () => ed25519.key(random(32)),
    ed25519_sign: () => curve.sign(MESSAGE),
    ed25519_verify: () => mustHold(ed25519.verify(curve.publicKey, MESSAGE, curveSignature)),
    x25519_key: () => x25519.key(random(32)),
    x25519_agree: () => agreement.agree(peer.publicKey),
    ...(await signing("ml_dsa_65", provider.mlDsa65)),
    ...(await signing("composite", provider.composite)),
    ...(await encapsulating("ml_kem_768", provider.mlKem768)),
    ...(await encapsulating("x_wing", provider.xWing)),
  };
}

async function signing(name: string, scheme: ContextSignatureScheme): Promise<Operations> {
  const key = await scheme.key(random(scheme.lengths.seed));
  const signature = await key.sign(MESSAGE, CONTEXT);
  return {
    [`${name}_key`]: () => scheme.key(random(scheme.lengths.seed)),
    [`${name}_sign`]: () => key.sign(MESSAGE, CONTEXT),
    [`${name}_verify`]: () => mustHold(scheme.verify(key.publicKey, MESSAGE, signature, CONTEXT)),
  };
}

async function encapsulating(name: string, scheme: KemScheme): Promise<Operations> {
  const key = await scheme.key(random(scheme.lengths.seed));
  const sent = await scheme.encapsulate(key.publicKey);
  if (!sent.ok) throw new Error(`${name} refused an honest key`);
  return {
    [`${name}_key`]: () => scheme.key(random(scheme.lengths.seed)),
    [`${name}_encapsulate`]: () => scheme.encapsulate(key.publicKey),
    [`${name}_decapsulate`]: () => key.decapsulate(sent.value.ciphertext),
  };
}

async function mustHold(verdict: Promise<boolean>): Promise<void> {
  if (!(await verdict)) throw new Error("a good signature was refused");
}
