import { base64url, fromBase64url } from "../../shared/base/base64url.ts";
import type { Bindings } from "./env.ts";

/** The length of AES-GCM's 96-bit nonce (NIST SP 800-38D). */
const NONCE_BYTES = 12;

/**
 * Seals a secret under SECRET_KEY (AES-256-GCM). The secret opens only in the same `context`. The context names the row
 * to which the secret belongs, so that a sealed value can't be moved to another row.
 */
export async function seal(bindings: Bindings, text: string, context: string): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const key = await sealingKey(bindings);
  const sealed = await crypto.subtle.encrypt(parameters(nonce, context), key, new TextEncoder().encode(text));
  return `v1.${base64url(nonce)}.${base64url(new Uint8Array(sealed))}`;
}

/** Opens a secret that `seal` sealed. Throws when the key, the context or the text does not fit. */
export async function unseal(bindings: Bindings, sealed: string, context: string): Promise<string> {
  const [version, nonceText = "", sealedText = ""] = sealed.split(".");
  const nonce = fromBase64url(nonceText);
  const bytes = fromBase64url(sealedText);
  if (version !== "v1" || nonce?.length !== NONCE_BYTES || !bytes) throw new Error("not a sealed secret");
  const opened = await crypto.subtle.decrypt(parameters(nonce, context), await sealingKey(bindings), bytes);
  return new TextDecoder().decode(opened);
}

/** Like `seal`, for bytes. The answer is the nonce, and then what is sealed. */
export async function sealBytes(
  bindings: Bindings,
  bytes: Uint8Array<ArrayBuffer>,
  context: string,
): Promise<ArrayBuffer> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(parameters(nonce, context), await sealingKey(bindings), bytes);
  return new Blob([nonce, sealed]).arrayBuffer();
}

/** Opens what `sealBytes` sealed. Throws when the key, the context or the bytes do not fit. */
export async function unsealBytes(
  bindings: Bindings,
  sealed: ArrayBuffer,
  context: string,
): Promise<ArrayBuffer> {
  const nonce = new Uint8Array(sealed, 0, NONCE_BYTES);
  const bytes = new Uint8Array(sealed, NONCE_BYTES);
  return crypto.subtle.decrypt(parameters(nonce, context), await sealingKey(bindings), bytes);
}

function parameters(nonce: Uint8Array<ArrayBuffer>, context: string) {
  return { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(context) };
}

const sealingKey = (bindings: Bindings): Promise<CryptoKey> =>
  derivedKey(bindings, "seal", { name: "AES-GCM", length: 256 }, ["encrypt", "decrypt"]);

/**
 * HMAC-SHA-256 of a text that has too few possible values for a plain hash. Only the Worker can compute it.
 *
 * @param purpose A word. Each purpose has a key of its own.
 */
export async function keyedHash(
  bindings: Bindings,
  purpose: string,
  text: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await derivedKey(bindings, purpose, { name: "HMAC", hash: "SHA-256", length: 256 }, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
}

/**
 * SECRET_KEY is text with at least 256 random bits. HKDF derives a key from it that has only one purpose.
 */
async function derivedKey(
  bindings: Bindings,
  purpose: string,
  algorithm: SubtleCryptoDeriveKeyAlgorithm & SubtleCryptoImportKeyAlgorithm,
  usages: string[],
): Promise<CryptoKey> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const secret = await crypto.subtle.importKey("raw", encode(bindings.secretKey), "HKDF", false, [
    "deriveKey",
  ]);
  const info = encode(`rustronaut/${purpose}/1`);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  return crypto.subtle.deriveKey(hkdf, secret, algorithm, false, usages);
}
