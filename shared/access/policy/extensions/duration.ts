import { fail } from "../errors.ts";
import { type Long, toLong } from "../long.ts";
import { digitsOf } from "./digits.ts";

const FORM = /^(-?)(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?$/;

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const UNITS = [DAY, HOUR, MINUTE, SECOND, 1];

export class Duration {
  readonly type = "duration";
  readonly milliseconds: Long;
  constructor(milliseconds: Long) {
    this.milliseconds = milliseconds;
  }
  get key(): string {
    return `D${this.milliseconds};`;
  }
}

/** Reads `1d2h3m4s5ms`: at least one of the units, in this order, with one sign for the whole text. */
export function parseDuration(text: string): Duration {
  const [, sign, ...amounts] = FORM.exec(text) ?? fail("invalid duration");
  if (amounts.every((amount) => amount === undefined)) fail("invalid duration");
  const size = UNITS.reduce((sum, unit, i) => {
    const amount = digitsOf(amounts[i] ?? "") ?? fail("the duration overflows 64 bits");
    return sum + amount * BigInt(unit);
  }, 0n);
  return new Duration(toLong(sign ? -size : size) ?? fail("the duration overflows 64 bits"));
}
