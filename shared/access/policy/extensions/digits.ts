/** More digits than this do not fit into 64 bits. */
const MOST = 19;

/**
 * The value of decimal digits, or null where it is far beyond 64 bits. Zeros in front do not count. Reading the digits of
 * a long text as one number would take time that grows faster than the text.
 */
export function digitsOf(text: string): bigint | null {
  const digits = text.replace(/^0+/, "");
  return digits.length > MOST ? null : BigInt(digits);
}
