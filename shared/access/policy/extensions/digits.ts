/** Numbers with more digits don't fit into 64 bits. */
const MOST = 19;

/**
 * The value of decimal digits, or null if the value is far beyond 64 bits. Leading zeros don't count. The
 * length is limited because reading many digits as one number takes time that grows faster than the text.
 */
export function digitsOf(text: string): bigint | null {
  const digits = text.replace(/^0+/, "");
  return digits.length > MOST ? null : BigInt(digits);
}
