const BEYOND_ASCII = /[\u0080-\uffff]/;

/**
 * An identifier in lower case, or null when it holds anything but ASCII. The order matters: `toLowerCase` makes an
 * ASCII letter of some that are none (U+212A KELVIN SIGN becomes `k`), so a look-alike would pass a check made after it.
 */
export function asciiLowerCase(text: string): string | null {
  return BEYOND_ASCII.test(text) ? null : text.toLowerCase();
}
