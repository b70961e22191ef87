import { CODE_DIGITS } from "../../../shared/access/login/mailed-code.ts";
import { base64url } from "../../../shared/base/base64url.ts";
import type { Bindings } from "../../platform/env.ts";

const SPACE = 10 ** CODE_DIGITS;
/** The largest multiple of the space that four bytes hold: what lies above would make some codes likelier. */
const FAIR = Math.floor(2 ** 32 / SPACE) * SPACE;

/** A code in digits, all equally likely. */
export function newCode(): string {
  for (;;) {
    const [drawn = FAIR] = crypto.getRandomValues(new Uint32Array(1));
    if (drawn < FAIR) return String(drawn % SPACE).padStart(CODE_DIGITS, "0");
  }
}

/** The digits of what a person typed, or null where they make no code. */
export function typedCode(text: string): string | null {
  const digits = text.replace(/[\s-]/g, "");
  return new RegExp(`^\\d{${CODE_DIGITS}}$`).test(digits) ? digits : null;
}

/** As people read it best: `1234 5678`. */
export const spaced = (code: string): string => code.replace(/(\d{4})(?=\d)/g, "$1 ");

/**
 * What is stored of a code: HMAC-SHA-256 under a key of this one purpose, which only the Worker has. Of a plain hash, the
 * code would be found by trying all.
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
