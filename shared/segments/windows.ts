import type { RuleTerms, WeeklyWindows } from "../node/config/types.ts";
import { DAY_MINUTES, minuteOfWeek, nextJump, WEEK_MINUTES } from "./zone-clock.ts";

/** When a rule holds: between two moments, and within weekly windows on the clock of a time zone. */

const MINUTE_MS = 60_000;

export interface Span {
  readonly holds: boolean;
  /** When that changes next, in milliseconds since the Unix epoch. Null when it never does. */
  readonly until: number | null;
}

/** Whether a rule holds at any time. */
export const isTimed = ({ notBefore, notAfter, weekly }: RuleTerms): boolean =>
  notBefore !== undefined || notAfter !== undefined || weekly !== undefined;

/**
 * Whether the rule holds at the moment, and how long that stays so. If its time zone is not known here, a rule that allows
 * does not hold, and a rule that denies does.
 */
export function spanAt(rule: RuleTerms, now: number): Span {
  const { notBefore, notAfter, weekly } = rule;
  if (notAfter !== undefined && now >= notAfter) return { holds: false, until: null };
  if (notBefore !== undefined && now < notBefore) return { holds: false, until: notBefore };
  const within = weekly ? weeklySpan(weekly, now, rule.effect === "deny") : { holds: true, until: null };
  if (notAfter === undefined) return within;
  return { holds: within.holds, until: Math.min(notAfter, within.until ?? notAfter) };
}

/** When one of the rules begins or ends next. */
export function nextChange(rules: readonly RuleTerms[], now: number): number | null {
  const changes = rules.filter(isTimed).map((rule) => spanAt(rule, now).until);
  const known = changes.filter((change) => change !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function weeklySpan(weekly: WeeklyWindows, now: number, inDoubt: boolean): Span {
  try {
    const holds = isWithin(weekly, now);
    return { holds, until: nextEdge(weekly, now, holds) };
  } catch (error) {
    if (error instanceof RangeError) return { holds: inDoubt, until: null };
    throw error;
  }
}

const isWithin = ({ timeZone, windows }: WeeklyWindows, at: number): boolean => {
  const minute = minuteOfWeek(timeZone, at);
  return windows.some(({ days, from, to }) =>
    days.some((day) => {
      const since = minute - ((day - 1) * DAY_MINUTES + from);
      return ((since % WEEK_MINUTES) + WEEK_MINUTES) % WEEK_MINUTES < lengthOf(from, to);
    }),
  );
};

/** A window that ends before it begins ends on the next day. */
const lengthOf = (from: number, to: number): number => (to > from ? to - from : to + DAY_MINUTES - from);

/**
 * The next moment at which the windows open or shut. Their edges are read off the zone's clock: an hour that the clock skips
 * is not there, and one that it shows twice counts twice.
 */
function nextEdge(weekly: WeeklyWindows, now: number, holds: boolean): number | null {
  const end = now + (WEEK_MINUTES + DAY_MINUTES) * MINUTE_MS;
  let at = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  while (at < end) {
    const jump = nextJump(weekly.timeZone, at);
    const minute = minuteOfWeek(weekly.timeZone, at);
    for (const wait of waits(weekly, minute)) {
      const edge = at + wait * MINUTE_MS;
      if (jump !== null && edge >= jump) break;
      if (edge >= end) return null;
      if (isWithin(weekly, edge) !== holds) return edge;
    }
    if (jump === null) return null;
    if (isWithin(weekly, jump) !== holds) return jump;
    at = jump;
  }
  return null;
}

/** In how many minutes each edge comes while the clock just runs on, the nearest first. */
function waits({ windows }: WeeklyWindows, minute: number): number[] {
  const edges = windows.flatMap(({ days, from, to }) =>
    days.flatMap((day) => {
      const begins = (day - 1) * DAY_MINUTES + from;
      return [begins, begins + lengthOf(from, to)];
    }),
  );
  const until = edges.map(
    (edge) => (((edge - minute) % WEEK_MINUTES) + WEEK_MINUTES) % WEEK_MINUTES || WEEK_MINUTES,
  );
  return [...new Set(until)].sort((a, b) => a - b);
}
