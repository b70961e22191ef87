import { CODE_DIGITS } from "../../../shared/access/login/mailed-code.ts";
import { base64url } from "../../../shared/base/base64url.ts";
import type { Bindings } from "../../platform/env.ts";

const SPACE = 10 ** CODE_DIGITS;
/**
 * The largest multiple of the number of codes that fits into four bytes. Values above it would make some
 * codes more likely.
 */
const FAIR = Math.floor(2 ** 32 / SPACE) * SPACE;

/** A code of digits. All codes are equally likely. */
export function newCode(): string {
  for (;;) {
    const [drawn = FAIR] = crypto.getRandomValues(new Uint32Array(1));
    if (drawn < FAIR) return String(drawn % SPACE).padStart(CODE_DIGITS, "0");
  }
}

/** The digits that a person typed. Null if they are not a code. */
export function typedCode(text: string): string | null {
  const digits = text.replace(/[\s-]/g, "");
  return new RegExp(`^\\d{${CODE_DIGITS}}$`).test(digits) ? digits : null;
}

/** The code in the form that people read best: `1234 5678`. */
export const spaced = (code: string): string => code.replace(/(\d{4})(?=\d)/g, "$1 ");

/**
 * The stored form of a code: HMAC-SHA-256 with a key that is used only for this purpose and that only the
 * Worker has. From a plain hash, somebody could find the code by trying all codes.
 *
 * @param state The attempt that the code is for.
 */
export async function codeHash(bindings: Bindings, state: string, code: string): Promise<string> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const secret = await crypto.subtle.importKey("raw", encode(bindings.secretKey), "HKDF", false, [
    "deriveKey",
  ]);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: encode("rustronaut/email-code/1") },
    secret,
    { name: "HMAC", hash: "SHA-256", length: 256 },
    false,
    ["sign"],
  );
  return base64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, encode(`${state}:${code}`))));
}
