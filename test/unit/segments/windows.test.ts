import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RuleTerms } from "../../../shared/node/config/types.ts";
import { parseWeekly, printWeekly } from "../../../shared/segments/weekly.ts";
import { nextChange, spanAt } from "../../../shared/segments/windows.ts";
import { drawn, SEED } from "../../support/sample.ts";

const at = (text: string): number => Date.parse(text);
const weekly = (text: string) => {
  const parsed = parseWeekly(text);
  if (!parsed.ok) throw new Error(`${parsed.error.problem} at ${parsed.error.position}`);
  return parsed.value;
};
const rule = (more: Partial<RuleTerms>): RuleTerms => ({
  traffic: [{ protocol: "any", ports: [] }],
  ...more,
});
const span = (text: string, moment: string) => {
  const { holds, until } = spanAt(rule({ weekly: weekly(text) }), at(moment));
  return [holds, until === null ? null : new Date(until).toISOString().slice(0, 16)];
};

describe("a rule's time", () => {
  test("begins at not-before and ends at not-after, to the millisecond", () => {
    const bounded = rule({ notBefore: 1_000, notAfter: 2_000 });
    expect(spanAt(bounded, 999)).toEqual({ holds: false, until: 1_000 });
    expect(spanAt(bounded, 1_000)).toEqual({ holds: true, until: 2_000 });
    expect(spanAt(bounded, 2_000)).toEqual({ holds: false, until: null });
    expect(spanAt(rule({}), 5)).toEqual({ holds: true, until: null });
  });

  test.each([
    ["mon-fri 09:00-17:00 UTC", "2026-11-30T10:00:00Z", [true, "2026-11-30T17:00"]],
    ["mon-fri 09:00-17:00 UTC", "2026-11-27T17:00:00Z", [false, "2026-11-30T09:00"]],
    ["mon-fri 09:00-17:00 Asia/Kolkata", "2026-11-30T03:29:59Z", [false, "2026-11-30T03:30"]],
    ["fri-mon 22:00-06:00 UTC", "2026-12-01T05:59:00Z", [true, "2026-12-01T06:00"]],
    ["sun 23:00-01:00 UTC", "2026-11-30T00:30:00Z", [true, "2026-11-30T01:00"]],
    ["mon-sun 00:00-24:00 UTC", "2026-11-30T00:30:00Z", [true, null]],
    ["mon 00:00-24:00, tue 00:00-12:00 UTC", "2026-11-30T00:30:00Z", [true, "2026-12-01T12:00"]],
    // Berlin's clock was set from 02:00 to 03:00 on 29 March 2026, and is set from 03:00 back to 02:00 on 25 October.
    ["mon-sun 09:00-17:00 Europe/Berlin", "2026-03-28T17:00:00Z", [false, "2026-03-29T07:00"]],
    ["sun 01:00-02:30 Europe/Berlin", "2026-03-29T00:30:00Z", [true, "2026-03-29T01:00"]],
    ["sun 02:15-02:45 Europe/Berlin", "2026-03-29T00:59:00Z", [false, "2026-04-05T00:15"]],
    ["sun 02:00-03:00 Europe/Berlin", "2026-10-25T00:10:00Z", [true, "2026-10-25T02:00"]],
    ["sun 02:15-02:45 Europe/Berlin", "2026-10-25T00:20:00Z", [true, "2026-10-25T00:45"]],
    ["sun 02:15-02:45 Europe/Berlin", "2026-10-25T00:50:00Z", [false, "2026-10-25T01:15"]],
    ["mon-fri 09:00-17:00 Europe/Berlin", "2026-10-23T15:00:00Z", [false, "2026-10-26T08:00"]],
  ])("%s at %s", (text, moment, expected) => expect(span(text, moment)).toEqual(expected));

  test("in a zone that nobody knows here: what allows does not hold, what denies does", () => {
    const unknown = { timeZone: "Mars/Olympus", windows: [{ days: [1], from: 0, to: 60 }] };
    expect(spanAt(rule({ weekly: unknown }), 0)).toEqual({ holds: false, until: null });
    expect(spanAt(rule({ weekly: unknown, effect: "deny" }), 0)).toEqual({ holds: true, until: null });
  });

  test("changes at the first edge of any rule", () => {
    expect(nextChange([rule({}), rule({ notAfter: 9 }), rule({ notBefore: 7 })], 5)).toBe(7);
    expect(nextChange([rule({}), rule({ notAfter: 4 })], 5)).toBeNull();
  });

  test("changes at its edge and not before, minute by minute, in any zone around its jumps", () => {
    const zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"];
    const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    const clock = fc
      .integer({ min: 0, max: 95 })
      .map((n) => `${String(Math.floor(n / 4)).padStart(2, "0")}:${String((n % 4) * 15).padStart(2, "0")}`);
    const window = fc
      .tuple(fc.constantFrom(...days), fc.constantFrom(...days), clock, clock)
      .filter(([, , from, to]) => from !== to)
      .map(([first, last, from, to]) => `${first}-${last} ${from}-${to}`);
    const text = fc
      .tuple(fc.array(window, { minLength: 1, maxLength: 3 }), fc.constantFrom(...zones))
      .map(([windows, zone]) => `${windows.join(", ")} ${zone}`);
    const moment = fc
      .tuple(
        fc.constantFrom("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"),
        fc.integer({ min: -1_440, max: 1_440 }),
      )
      .map(([day, minutes]) => at(`${day}T02:00:00Z`) + minutes * 60_000);
    fc.assert(
      fc.property(text, moment, (windows, start) => {
        const timed = rule({ weekly: weekly(windows) });
        const { holds, until } = spanAt(timed, start);
        const end = Math.min(until ?? Number.POSITIVE_INFINITY, start + 2 * 86_400_000);
        for (let t = start; t < end; t += 7 * 60_000)
          expect(spanAt(timed, t).holds, new Date(t).toISOString()).toBe(holds);
        if (until !== null) {
          expect(spanAt(timed, until - 1).holds).toBe(holds);
          expect(spanAt(timed, until).holds).toBe(!holds);
        }
      }),
      { seed: SEED, numRuns: drawn(6, 300) },
    );
  });
});

describe("weekly windows as text", () => {
  test.each([
    "mon-fri 09:00-17:30, sat 10:00-12:00 Europe/Berlin",
    "fri-mon 22:00-06:00 UTC",
    "sun 00:00-24:00 UTC",
  ])("%s is printed as it is read", (text) => expect(printWeekly(weekly(text))).toBe(text));

  test.each([
    ["mon 09:00-17:00", "this is no time zone", 5],
    ["mon 09:00-17:00 Mars/Olympus", "this is no time zone", 17],
    ["mon 09:00-17:00 ../../etc", "this is no time zone", 17],
    ["may 09:00-17:00 UTC", "this is no day", 1],
    ["mon 9-17 UTC", "this is no window", 1],
    ["mon 09:00-17:00, tue 09:60-17:00 UTC", "this is no time of day", 18],
    ["mon 24:00-25:00 UTC", "this is no time of day", 1],
    ["mon 09:00-09:00 UTC", "the window ends as it begins", 1],
  ])("%s: %s", (text, problem, position) => {
    const parsed = parseWeekly(text);
    expect(parsed.ok ? parsed.value : parsed.error).toMatchObject({ problem, position });
  });
});
