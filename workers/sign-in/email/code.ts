import { CODE_DIGITS } from "../../../shared/access/login/mailed-code.ts";
import { base64url } from "../../../shared/base/base64url.ts";
import type { Bindings } from "../../platform/env.ts";
import { keyedHash } from "../../platform/secrets.ts";

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
 * The stored form of a code. From a plain hash, somebody could find the code by trying all codes.
 *
 * @param state The attempt that the code is for.
 */
export async function codeHash(bindings: Bindings, state: string, code: string): Promise<string> {
  return base64url(await keyedHash(bindings, "email-code", `${state}:${code}`));
}
