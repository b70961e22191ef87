import { fail } from "../errors.ts";
import { type Long, toLong } from "../long.ts";
import { digitsOf } from "./digits.ts";

const FORM = /^(-?)([0-9]+)\.([0-9]{1,4})$/;

/** A decimal with at most four digits after the point, stored as a 64-bit number of ten-thousandths. */
export class Decimal {
  readonly type = "decimal";
  readonly units: Long;
  constructor(units: Long) {
    this.units = units;
  }
  get key(): string {
    return `d${this.units};`;
  }
}

export function parseDecimal(text: string): Decimal {
  const [, sign, whole, fraction] = FORM.exec(text) ?? fail("not a decimal with 1 to 4 fractional digits");
  const size = digitsOf(`${whole}${fraction?.padEnd(4, "0")}`);
  const units = size === null ? null : toLong(sign ? -size : size);
  return new Decimal(units ?? fail("overflow when converting to decimal"));
}
