import { fromHex } from "./hex.ts";

/**
 * Libraries disagree about unusual encodings of points on Curve25519. So these checks run before every
 * backend, and all backends give the same answer. Each key or point has only one valid encoding. Points of
 * small order are refused: with such a "key", a signature verifies, or a secret is agreed on, that the owner
 * of the key never chose.
 */

/** The field's prime 2^255 − 19, little-endian. */
const PRIME = Uint8Array.of(0xed, ...new Array<number>(30).fill(0xff), 0x7f);
/** The order of the base point, 2^252 + 27742317777372353535851937790883648493, little-endian. */
const ORDER = fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
const P_MINUS_1 = Uint8Array.of(0xec, ...new Array<number>(30).fill(0xff), 0x7f);
const ZERO = new Uint8Array(32);
const ONE = Uint8Array.of(1, ...new Array<number>(31).fill(0));

/** First the y of the points of order 8, then the u of the points of order 8 in Montgomery form. */
const EDWARDS_8 = [
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map(fromHex);
const MONTGOMERY_8 = [
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
].map(fromHex);

const SMALL_Y = [ZERO, ONE, P_MINUS_1, ...EDWARDS_8];
const SMALL_U = [ZERO, ONE, P_MINUS_1, ...MONTGOMERY_8];

export type PointVerdict = "fine" | "non-canonical" | "small-order";

/**
 * Judges an encoded Edwards point (RFC 8032 §5.1.2). Its y must be below p. It must not be one of the eight
 * points of small order. Points with x = 0 would also allow a second sign, and are among these eight.
 */
export function judgeEdwardsPoint(encoded: Uint8Array): PointVerdict {
  const y = Uint8Array.from(encoded);
  y[31] = (y[31] ?? 0) & 0x7f;
  return judge(y, SMALL_Y);
}

/**
 * Whether the S of a signature is below the order of the group (RFC 8032 §5.1.7). Without this check, every
 * signature would have a second form.
 */
export const isReducedScalar = (encoded: Uint8Array): boolean => isBelow(encoded, ORDER);

/**
 * Judges an X25519 public key. RFC 7748 §5 allows receivers to accept values that are not reduced. They are
 * refused here, because no honest sender makes such a value and this product has no old peers.
 */
export const judgeMontgomeryPoint = (encoded: Uint8Array): PointVerdict => judge(encoded, SMALL_U);

function judge(coordinate: Uint8Array, small: readonly Uint8Array[]): PointVerdict {
  if (!isBelow(coordinate, PRIME)) return "non-canonical";
  return small.some((known) => isSame(known, coordinate)) ? "small-order" : "fine";
}

/** The encodings are public, so the comparison may stop at the first difference. */
const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

function isBelow(a: Uint8Array, bound: Uint8Array): boolean {
  if (a.length !== bound.length) return false;
  for (let at = a.length - 1; at >= 0; at--) {
    const difference = (a[at] ?? 0) - (bound[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
