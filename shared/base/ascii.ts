const BEYOND_ASCII = /[\u0080-\uffff]/;

/**
 * An identifier in lower case. Null if it contains a character outside ASCII. This check must come before
 * `toLowerCase`, which turns some other characters into ASCII letters (U+212A KELVIN SIGN becomes `k`). After
 * `toLowerCase`, such a look-alike would pass the check.
 */
export function asciiLowerCase(text: string): string | null {
  return BEYOND_ASCII.test(text) ? null : text.toLowerCase();
}
