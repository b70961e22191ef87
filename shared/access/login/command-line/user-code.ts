import type { RandomBytes } from "../../../base/random.ts";

/**
 * The code that a person types to name the command line that wants to be signed in (RFC 8628 §6.1). It has only
 * consonants, so it spells no word, and no letter is taken for a digit. 20^8 codes are 34 bits. That is enough, because
 * guesses are limited for each client network, and a right guess only lets the guesser sign in somebody else's command
 * line as the guesser.
 */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const LENGTH = 8;
/** The largest multiple of 20 that fits into a byte. Larger bytes would make some letters more likely. */
const FAIR = 240;

/** A new code without the hyphen. All codes are equally likely. */
export function newUserCode(random: RandomBytes): string {
  let code = "";
  while (code.length < LENGTH) {
    for (const byte of random(LENGTH)) {
      if (byte < FAIR && code.length < LENGTH) code += LETTERS.charAt(byte % LETTERS.length);
    }
  }
  return code;
}

/** The code that a person typed, without regard to case, spaces and hyphens. Null if it is not a code. */
export function typedUserCode(text: string): string | null {
  const code = text.replace(/[\s-]/g, "").toUpperCase();
  return code.length === LENGTH && [...code].every((letter) => LETTERS.includes(letter)) ? code : null;
}

/** The code in the form that people read best: `BCDF-GHJK`. */
export const hyphenated = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;
