import { fail } from "../errors.ts";
import { divide } from "../long.ts";
import { asString, typeOf, type Value } from "../values.ts";
import { Datetime, durationSince, offset, parseDatetime, toDate, toTime } from "./datetime.ts";
import { Decimal, parseDecimal } from "./decimal.ts";
import { DAY, Duration, HOUR, MINUTE, parseDuration, SECOND } from "./duration.ts";
import { IpAddress, isInRange, isLoopback, isMulticast, parseIp } from "./ip.ts";

/** A function of a Cedar extension, called as `name(a)` or `a.name(b)`. */
export interface ExtensionFunction {
  readonly arity: 1 | 2;
  readonly apply: (a: Value, b: Value) => Value;
}

const unary = (apply: (a: Value) => Value): ExtensionFunction => ({ arity: 1, apply });
const binary = (apply: (a: Value, b: Value) => Value): ExtensionFunction => ({ arity: 2, apply });

const decimals = (holds: (a: Decimal["units"], b: Decimal["units"]) => boolean) =>
  binary((a, b) => holds(asDecimal(a).units, asDecimal(b).units));
const inUnits = (unit: number) => unary((a) => divide(asDuration(a).milliseconds, unit));

export const EXTENSION_FUNCTIONS: ReadonlyMap<string, ExtensionFunction> = new Map(
  Object.entries({
    decimal: unary((a) => parseDecimal(asString(a))),
    lessThan: decimals((a, b) => a < b),
    lessThanOrEqual: decimals((a, b) => a <= b),
    greaterThan: decimals((a, b) => a > b),
    greaterThanOrEqual: decimals((a, b) => a >= b),

    ip: unary((a) => parseIp(asString(a))),
    isIpv4: unary((a) => asIp(a).version === 4),
    isIpv6: unary((a) => asIp(a).version === 6),
    isLoopback: unary((a) => isLoopback(asIp(a))),
    isMulticast: unary((a) => isMulticast(asIp(a))),
    isInRange: binary((a, b) => isInRange(asIp(a), asIp(b))),

    datetime: unary((a) => parseDatetime(asString(a))),
    offset: binary((a, b) => offset(asDatetime(a), asDuration(b))),
    durationSince: binary((a, b) => durationSince(asDatetime(a), asDatetime(b))),
    toDate: unary((a) => toDate(asDatetime(a))),
    toTime: unary((a) => toTime(asDatetime(a))),

    duration: unary((a) => parseDuration(asString(a))),
    toMilliseconds: unary((a) => asDuration(a).milliseconds),
    toSeconds: inUnits(SECOND),
    toMinutes: inUnits(MINUTE),
    toHours: inUnits(HOUR),
    toDays: inUnits(DAY),
  }),
);

function asDecimal(value: Value): Decimal {
  return value instanceof Decimal ? value : fail(`type error: expected decimal, got ${typeOf(value)}`);
}

function asIp(value: Value): IpAddress {
  return value instanceof IpAddress ? value : fail(`type error: expected ipaddr, got ${typeOf(value)}`);
}

function asDatetime(value: Value): Datetime {
  return value instanceof Datetime ? value : fail(`type error: expected datetime, got ${typeOf(value)}`);
}

function asDuration(value: Value): Duration {
  return value instanceof Duration ? value : fail(`type error: expected duration, got ${typeOf(value)}`);
}
