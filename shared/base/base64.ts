import { base64url, fromBase64url } from "./base64url.ts";

/** Base64 with padding (RFC 4648 §4), as used in notes and proofs. */
export function base64(bytes: Uint8Array): string {
  const text = base64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text + "=".repeat((4 - (text.length % 4)) % 4);
}

/** The bytes of canonical padded base64. Null for any other text. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 !== 0 || /[-_]/.test(text)) return null;
  const bytes = fromBase64url(
    text
      .replace(/={1,2}$/, "")
      .replaceAll("+", "-")
      .replaceAll("/", "_"),
  );
  return bytes && base64(bytes) === text ? bytes : null;
}

/** A SHA-256 hash in base64, or null. */
export function hashFromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = fromBase64(text);
  return bytes?.length === 32 ? bytes : null;
}
