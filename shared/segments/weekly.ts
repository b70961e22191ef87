import { err, ok, type Result } from "../base/result.ts";
import type { TextError } from "../base/text-error.ts";
import type { WeeklyWindows } from "../node/config/types.ts";
import { isTimeZone } from "./zone-clock.ts";

/** Weekly windows as text: `mon-fri 09:00-17:30, sat 10:00-12:00 Europe/Berlin`. A window may run past midnight. */

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MAX_LENGTH = 300;
const MAX_WINDOWS = 16;
const FORM = "Write days, hours and a time zone, such as mon-fri 09:00-17:00 Europe/Berlin";

type Window = WeeklyWindows["windows"][number];

export function parseWeekly(text: string): Result<WeeklyWindows, TextError> {
  const refused = (at: number, problem: string, remedy = FORM) =>
    err({ text, position: at + 1, problem, remedy });
  if (text.length > MAX_LENGTH) return refused(MAX_LENGTH, "the windows are too long");
  const zoneAt = text.lastIndexOf(" ") + 1;
  const timeZone = text.slice(zoneAt);
  if (zoneAt === 0 || !isTimeZone(timeZone)) {
    return refused(zoneAt, "this is no time zone", "End with a time zone such as Europe/Berlin or UTC");
  }
  const windows: Window[] = [];
  let at = 0;
  for (const part of text.slice(0, zoneAt - 1).split(",")) {
    const start = at + part.length - part.trimStart().length;
    const match = /^([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(part.trim());
    if (!match) return refused(start, "this is no window");
    const [first, last] = [dayOf(match[1]), dayOf(match[2] ?? match[1])];
    if (first < 0 || last < 0) return refused(start, "this is no day", `Write ${DAYS.join(", ")}`);
    const [from, to] = [minutesOf(match[3], match[4]), minutesOf(match[5], match[6])];
    if (from === null || to === null || from === 24 * 60) {
      return refused(start, "this is no time of day", "Write times from 00:00 to 24:00");
    }
    if (from === to)
      return refused(start, "the window ends as it begins", "Write 00:00-24:00 for a whole day");
    windows.push({ days: daysBetween(first, last), from, to });
    at += part.length + 1;
  }
  if (windows.length > MAX_WINDOWS) return refused(0, "too many windows", `Write at most ${MAX_WINDOWS}`);
  return ok({ timeZone, windows });
}

/** Prints windows. `parseWeekly` reads the text as the same windows. */
export function printWeekly({ timeZone, windows }: WeeklyWindows): string {
  const printed = windows.map(({ days, from, to }) => {
    const [first, last] = [days[0] ?? 1, days.at(-1) ?? 1];
    const names = [DAYS[first - 1], ...(first === last ? [] : [DAYS[last - 1]])].join("-");
    return `${names} ${clockOf(from)}-${clockOf(to)}`;
  });
  return `${printed.join(", ")} ${timeZone}`;
}

const dayOf = (name = ""): number => DAYS.indexOf(name);

/** Days from 1 (Monday) to 7, in their order from the first to the last, past Sunday too. */
function daysBetween(first: number, last: number): number[] {
  const count = ((last - first + 7) % 7) + 1;
  return Array.from({ length: count }, (_, n) => ((first + n) % 7) + 1);
}

function minutesOf(hours: string | undefined, minutes: string | undefined): number | null {
  const [h, m] = [Number(hours), Number(minutes)];
  return m < 60 && h * 60 + m <= 24 * 60 ? h * 60 + m : null;
}

const clockOf = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
