import { fail } from "./errors.ts";

/**
 * Cedar's Long, a signed 64-bit integer. It is a number if a number is exact, otherwise a bigint. Each value
 * has exactly one form, so `===` tests for equality.
 */
export type Long = number | bigint;

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** The Long with this value, or null if the value doesn't fit into 64 bits. */
export function toLong(value: bigint): Long | null {
  if (value < MIN || value > MAX) return null;
  const short = Number(value);
  return Number.isSafeInteger(short) ? short : value;
}

export function add(a: Long, b: Long): Long {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return toLong(BigInt(a) + BigInt(b)) ?? fail(`integer overflow while adding ${a} and ${b}`);
}

export function subtract(a: Long, b: Long): Long {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return toLong(BigInt(a) - BigInt(b)) ?? fail(`integer overflow while subtracting ${b} from ${a}`);
}

export function multiply(a: Long, b: Long): Long {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product;
  }
  return toLong(BigInt(a) * BigInt(b)) ?? fail(`integer overflow while multiplying ${a} by ${b}`);
}

export function negate(a: Long): Long {
  if (typeof a === "number") return -a;
  return toLong(-a) ?? fail(`integer overflow while negating ${a}`);
}

/** Divides and rounds towards zero. `divisor` is a positive safe integer. */
export function divide(a: Long, divisor: number): Long {
  if (typeof a === "number") return (a - (a % divisor)) / divisor;
  return toLong(a / BigInt(divisor)) ?? fail("integer overflow while dividing");
}

/** The remainder from 0 to divisor-1, also for negative values. */
export function modulo(a: Long, divisor: number): number {
  if (typeof a === "number") return ((a % divisor) + divisor) % divisor;
  const rest = Number(a % BigInt(divisor));
  return (rest + divisor) % divisor;
}
