import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  randomBytes,
  sign as signOne,
  verify as verifyOne,
  webcrypto,
} from "node:crypto";

/**
 * The cryptography of `docs/agent-protocol.md` once more, written from that page and with nothing but what Node brings: it
 * shows that the page is enough. It imports nothing of the project, and must not.
 */

const { subtle } = webcrypto;
export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
export const bytes = (encoded: string): Buffer => Buffer.from(encoded, "base64url");
export const sha256 = (data: Uint8Array): Buffer => createHash("sha256").update(data).digest();
export const hmac = (key: Uint8Array, data: Uint8Array): Buffer =>
  createHmac("sha256", key).update(data).digest();
/** One block of HKDF: Node's own stops at 1 kB of info. */
export const hkdf = (secret: Uint8Array, salt: Uint8Array, info: Uint8Array): Buffer =>
  hmac(hmac(salt.length > 0 ? salt : new Uint8Array(32), secret), Buffer.concat([info, Buffer.of(1)]));

export const label = (purpose: string): string => `rustronaut/v1/${purpose}`;

export function transcript(purpose: string, ...fields: readonly (string | number | Uint8Array)[]): Buffer {
  const parts = [label(purpose), ...fields].map((field) =>
    typeof field === "object" ? Buffer.from(field) : Buffer.from(String(field)),
  );
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
}

const X25519 = "6e";
const ED25519 = "70";
const privateKey = (curve: string, seed: Uint8Array): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from(`302e020100300506032b65${curve}04220420`, "hex"), seed]),
    format: "der",
    type: "pkcs8",
  });
const publicKey = (curve: string, raw: Uint8Array): KeyObject =>
  createPublicKey({
    key: Buffer.concat([Buffer.from(`302a300506032b65${curve}032100`, "hex"), raw]),
    format: "der",
    type: "spki",
  });
const publicOf = (key: KeyObject): Buffer =>
  createPublicKey(key as unknown as string)
    .export({ format: "der", type: "spki" })
    .subarray(-32);

export const agree = (seed: Uint8Array, peer: Uint8Array): Buffer =>
  diffieHellman({ privateKey: privateKey(X25519, seed), publicKey: publicKey(X25519, peer) });
export const x25519Public = (seed: Uint8Array): Buffer => publicOf(privateKey(X25519, seed));

const KEM = { name: "ML-KEM-768" };
const X_WING_LABEL = Buffer.from("\\.//^\\");

const combined = (lattice: Uint8Array, curve: Uint8Array, ciphertext: Uint8Array, peer: Uint8Array): Buffer =>
  createHash("sha3-256")
    .update(Buffer.concat([lattice, curve, ciphertext, peer, X_WING_LABEL]))
    .digest();

async function expanded(seed: Uint8Array) {
  const both = createHash("shake256", { outputLength: 96 }).update(seed).digest();
  const lattice = await subtle.importKey("raw-seed", both.subarray(0, 64), KEM, true, ["decapsulateBits"]);
  const latticePublic = await subtle.getPublicKey(lattice, ["encapsulateBits"]);
  const curve = both.subarray(64);
  const raw = Buffer.from(await subtle.exportKey("raw-public", latticePublic));
  return { lattice, latticePublic: raw, curve, curvePublic: x25519Public(curve) };
}

export async function xWingPublic(seed: Uint8Array): Promise<Buffer> {
  const { latticePublic, curvePublic } = await expanded(seed);
  return Buffer.concat([latticePublic, curvePublic]);
}

export async function xWingDecapsulate(seed: Uint8Array, ciphertext: Buffer) {
  const { lattice, curve, curvePublic } = await expanded(seed);
  const ofCurve = ciphertext.subarray(1_088);
  const latticeSecret = Buffer.from(
    await subtle.decapsulateBits(KEM, lattice, ciphertext.subarray(0, 1_088)),
  );
  return { latticeSecret, secret: combined(latticeSecret, agree(curve, ofCurve), ofCurve, curvePublic) };
}

export async function xWingEncapsulate(to: Buffer) {
  const [lattice, curve] = [to.subarray(0, 1_184), to.subarray(1_184)];
  const key = await subtle.importKey("raw-public", lattice, KEM, true, ["encapsulateBits"]);
  const { sharedKey, ciphertext } = await subtle.encapsulateBits(KEM, key);
  const ephemeral = randomBytes(32);
  const ofCurve = x25519Public(ephemeral);
  return {
    ciphertext: Buffer.concat([Buffer.from(ciphertext), ofCurve]),
    secret: combined(Buffer.from(sharedKey), agree(ephemeral, curve), ofCurve, curve),
  };
}

const COMPOSITE = Buffer.from("COMPSIG-MLDSA65-Ed25519-SHA512");
const DSA = { name: "ML-DSA-65", context: COMPOSITE };

export const representative = (message: Uint8Array, context: string): Buffer =>
  Buffer.concat([
    Buffer.from("CompositeAlgorithmSignatures2025"),
    COMPOSITE,
    Buffer.of(context.length),
    Buffer.from(context),
    createHash("sha512").update(message).digest(),
  ]);

export async function signingKey(seed: Uint8Array) {
  const lattice = await subtle.importKey("raw-seed", seed.subarray(0, 32), DSA, true, ["sign"]);
  const curve = privateKey(ED25519, seed.subarray(32));
  const latticePublic = await subtle.exportKey("raw-public", await subtle.getPublicKey(lattice, ["verify"]));
  return {
    publicKey: Buffer.concat([Buffer.from(latticePublic), publicOf(curve)]),
    sign: async (message: Uint8Array, context: string): Promise<Buffer> => {
      const said = representative(message, context);
      return Buffer.concat([Buffer.from(await subtle.sign(DSA, lattice, said)), signOne(null, said, curve)]);
    },
  };
}

export async function verifies(key: Buffer, message: Uint8Array, signature: Buffer, context: string) {
  if (key.length !== 1_984 || signature.length !== 3_373) return false;
  const said = representative(message, context);
  const lattice = await subtle.importKey("raw-public", key.subarray(0, 1_952), DSA, true, ["verify"]);
  return (
    (await subtle.verify(DSA, lattice, signature.subarray(0, 3_309), said)) &&
    verifyOne(null, said, publicKey(ED25519, key.subarray(1_952)), signature.subarray(3_309))
  );
}

/** AES-256-GCM with a nonce of zeroes: the key is used once. */
export function seal(key: Uint8Array, plain: Uint8Array, associated: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, Buffer.alloc(12)).setAAD(associated);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** What is signed of a DSSE envelope. */
export const envelopeBytes = (type: string, payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
