const B64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const NO_DIGIT = 255;
/** Values by character code. Searching in the alphabet would cost ten times as much. */
const B64URL_VALUES = new Uint8Array(128).fill(NO_DIGIT);
for (let i = 0; i < B64URL.length; i++) B64URL_VALUES[B64URL.charCodeAt(i)] = i;

/** The part of `Uint8Array.prototype.toBase64` (ECMAScript 2026) that is used, if the run-time has the method. */
interface NativeBase64 {
  toBase64?(options: { readonly alphabet: "base64url"; readonly omitPadding: true }): string;
}

/** Base64url without padding (RFC 4648 §5). */
export function base64url(bytes: Uint8Array): string {
  const native = (bytes as NativeBase64).toBase64?.({ alphabet: "base64url", omitPadding: true });
  if (native !== undefined) return native;
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] ?? 0;
    const b = bytes[i + 1] ?? 0;
    const c = bytes[i + 2] ?? 0;
    out += B64URL.charAt(a >> 2) + B64URL.charAt(((a & 3) << 4) | (b >> 4));
    if (i + 1 < bytes.length) out += B64URL.charAt(((b & 15) << 2) | (c >> 6));
    if (i + 2 < bytes.length) out += B64URL.charAt(c & 63);
  }
  return out;
}

/** The bytes of canonical unpadded base64url. Null for any other text. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = B64URL_VALUES[text.charCodeAt(i)] ?? NO_DIGIT;
    if (value === NO_DIGIT) return null;
    buffer = (buffer << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (buffer >> bits) & 255;
      buffer &= (1 << bits) - 1;
    }
  }
  return buffer === 0 ? bytes : null;
}

export function hex(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += byte.toString(16).padStart(2, "0");
  return out;
}

/** Compares two secret strings without revealing where they differ. Strings of different lengths are unequal. */
export function constantTimeEqual(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % Math.max(1, b.length));
  return difference === 0;
}
