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

function parameters(nonce: Uint8Array<ArrayBuffer>, context: string) {
  return { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(context) };
}

/**
 * SECRET_KEY is text with at least 256 random bits. HKDF derives the sealing key from it, which has only this purpose.
 */
async function sealingKey(bindings: Bindings): Promise<CryptoKey> {
  const material = new TextEncoder().encode(bindings.secretKey);
  const secret = await crypto.subtle.importKey("raw", material, "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    {
      name: "HKDF",
      hash: "SHA-256",
      salt: new Uint8Array(0),
      info: new TextEncoder().encode("rustronaut/seal/1"),
    },
    secret,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}
