/** Wall clocks of time zones, as the runtime's time zone database has them. */

const MINUTE_MS = 60_000;
export const DAY_MINUTES = 24 * 60;
export const WEEK_MINUTES = 7 * DAY_MINUTES;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError when the runtime knows no such zone */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  // Zones are as many as administrators name, but nothing bounds what a test asks for.
  if (clocks.size >= 600) clocks.clear();
  clocks.set(timeZone, made);
  return made;
}

export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    clockOf(name);
    return true;
  } catch {
    return false;
  }
}

/** How far the zone's clock is ahead of UTC at a moment, in whole minutes. */
function offsetAt(timeZone: string, at: number): number {
  const parts = clockOf(timeZone).formatToParts(at);
  const part = (wanted: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find(({ type }) => type === wanted)?.value);
  const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
  return Math.round((local - Math.floor(at / MINUTE_MS) * MINUTE_MS) / MINUTE_MS);
}

/** Minutes since Monday 00:00 on the zone's clock. */
export function minuteOfWeek(timeZone: string, at: number): number {
  // The Unix epoch was a Thursday.
  const local = Math.floor(at / MINUTE_MS) + offsetAt(timeZone, at) + 3 * DAY_MINUTES;
  return ((local % WEEK_MINUTES) + WEEK_MINUTES) % WEEK_MINUTES;
}

/**
 * The first moment after `at`, and at most a week later, at which the zone's clock is set forward or back: in whole minutes.
 * Null when it just runs on.
 */
export function nextJump(timeZone: string, at: number): number | null {
  const now = offsetAt(timeZone, at);
  const days = Array.from({ length: 8 }, (_, n) => at + (n + 1) * DAY_MINUTES * MINUTE_MS);
  const day = days.find((each) => offsetAt(timeZone, each) !== now);
  if (day === undefined) return null;
  let [before, after] = [day - DAY_MINUTES * MINUTE_MS, day];
  while (after - before > MINUTE_MS) {
    const middle: number = before + Math.floor((after - before) / 2 / MINUTE_MS) * MINUTE_MS;
    if (offsetAt(timeZone, middle) === now) before = middle;
    else after = middle;
  }
  return Math.floor(after / MINUTE_MS) * MINUTE_MS;
}
