import { err, ok } from "../../base/result.ts";
import { concat } from "../bytes.ts";
import { fromHex } from "../hex.ts";
import { ED25519, X25519 } from "../lengths.ts";
import type { AgreementScheme, Bytes, SignatureScheme } from "../types.ts";
import { importOrNull, type NativeKey, plain, type SubtleLike } from "./subtle.ts";

/**
 * The bytes before the 32 bytes of a private key in PKCS #8 (RFC 8410 §7). They are needed because WebCrypto
 * can't import a seed alone here.
 */
const ED25519_PKCS8 = fromHex("302e020100300506032b657004220420");
const X25519_PKCS8 = fromHex("302e020100300506032b656e04220420");

/** u = 9 (RFC 7748 §4.1). */
const BASE_POINT = Uint8Array.of(9, ...new Array<number>(31).fill(0));

/** @param pure Computes public keys if the run-time can't derive them from a private key. */
export const nativeEd25519 = (subtle: SubtleLike, pure: SignatureScheme): SignatureScheme => ({
  lengths: ED25519,
  async key(seed) {
    const key = await importSeed(subtle, "Ed25519", ED25519_PKCS8, seed, "sign");
    return {
      publicKey: await ed25519PublicKey(subtle, key, seed, pure),
      sign: async (message) => new Uint8Array(await subtle.sign({ name: "Ed25519" }, key, plain(message))),
    };
  },
  async verify(publicKey, message, signature) {
    const key = await importOrNull(subtle, "raw", publicKey, "Ed25519", ["verify"]);
    return key !== null && subtle.verify({ name: "Ed25519" }, key, plain(signature), plain(message));
  },
});

async function ed25519PublicKey(
  subtle: SubtleLike,
  key: NativeKey,
  seed: Uint8Array,
  pure: SignatureScheme,
): Promise<Bytes> {
  const publicKey = await subtle.getPublicKey?.(key, ["verify"]);
  if (publicKey === undefined) return (await pure.key(seed)).publicKey;
  return new Uint8Array((await subtle.exportKey("raw", publicKey)) as ArrayBuffer);
}

export const nativeX25519 = (subtle: SubtleLike): AgreementScheme => ({
  lengths: X25519,
  async key(seed) {
    const key = await importSeed(subtle, "X25519", X25519_PKCS8, seed, "deriveBits");
    const multiply = async (point: NativeKey) =>
      new Uint8Array(await subtle.deriveBits({ name: "X25519", public: point } as never, key, 256));
    const base = await subtle.importKey("raw", BASE_POINT, { name: "X25519" }, true, []);
    return {
      publicKey: await multiply(base),
      async agree(peerPublicKey) {
        const point = await importOrNull(subtle, "raw", peerPublicKey, "X25519", []);
        return point === null ? err("MALFORMED_KEY") : ok(await multiply(point));
      },
    };
  },
});

async function importSeed(
  subtle: SubtleLike,
  name: "Ed25519" | "X25519",
  prefix: Bytes,
  seed: Uint8Array,
  usage: "sign" | "deriveBits",
): Promise<NativeKey> {
  const document = concat(prefix, seed);
  try {
    return await subtle.importKey("pkcs8", document, { name }, false, [usage]);
  } finally {
    document.fill(0);
  }
}
