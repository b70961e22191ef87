import { fail } from "../errors.ts";
import { add, type Long, modulo, subtract } from "../long.ts";
import { DAY, Duration, HOUR, MINUTE, SECOND } from "./duration.ts";

const FORM = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{3}))?(?:Z|([+-])(\d{2})(\d{2})))?$/;

/** A moment in milliseconds since the Unix epoch. */
export class Datetime {
  readonly type = "datetime";
  readonly epoch: Long;
  constructor(epoch: Long) {
    this.epoch = epoch;
  }
  get key(): string {
    return `T${this.epoch};`;
  }
}

/** Reads `2024-01-31`. The text may continue with `T10:20:30`, then optionally `.123`, then `Z` or `+hhmm`. */
export function parseDatetime(text: string): Datetime {
  const match = FORM.exec(text) ?? fail("invalid datetime");
  const part = (i: number) => Number(match[i] ?? 0);
  const days = daysSinceEpoch(part(1), part(2), part(3));
  if (part(4) > 23 || part(5) > 59 || part(6) > 59) fail("invalid time of day");
  if (part(9) > 23 || part(10) > 59) fail("invalid offset");
  const local = days * DAY + part(4) * HOUR + part(5) * MINUTE + part(6) * SECOND + part(7);
  const offset = part(9) * HOUR + part(10) * MINUTE;
  return new Datetime(match[8] === "-" ? local + offset : local - offset);
}

/**
 * Days since the epoch in the proleptic Gregorian calendar. Years start in March, so that the leap day is the
 * last day.
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  if (day < 1 || day > (lengths[month - 1] ?? 0)) fail("invalid date");
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

export function offset(datetime: Datetime, duration: Duration): Datetime {
  return new Datetime(add(datetime.epoch, duration.milliseconds));
}

export function durationSince(datetime: Datetime, earlier: Datetime): Duration {
  return new Duration(subtract(datetime.epoch, earlier.epoch));
}

/** Midnight (UTC) of the same day. */
export function toDate(datetime: Datetime): Datetime {
  return new Datetime(subtract(datetime.epoch, modulo(datetime.epoch, DAY)));
}

export function toTime(datetime: Datetime): Duration {
  return new Duration(modulo(datetime.epoch, DAY));
}
