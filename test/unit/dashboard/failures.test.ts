import { describe, expect, test } from "vitest";
import { FAILURE_WORDS, failureOf } from "../../../dashboard/lib/page-failure.ts";
import { inSeconds, spanOf } from "../../../dashboard/lib/span.ts";

describe("U25: a page that could not be shown says what is", () => {
  const missingPart = new TypeError("Failed to fetch dynamically imported module: /assets/apps-x.js");
  test.each([
    ["the hub is away", missingPart, null, "hub_away"],
    ["the hub is away while a page is open", new Error("x is undefined"), null, "hub_away"],
    ["the hub answers with 503", missingPart, 503, "hub_busy"],
    ["another version took its place", missingPart, 200, "new_version"],
    ["the page is wrong", new TypeError("undefined is not a function"), 200, "fault"],
  ] as const)("%s", async (_, error, status, why) => {
    expect(await failureOf(error, async () => status)).toBe(why);
    if (why !== "new_version") expect(JSON.stringify(FAILURE_WORDS[why])).not.toContain("version");
  });
});

test("a length of time is shown in the largest unit that fits, and comes back as it was", () => {
  expect(spanOf(604_800)).toEqual({ count: 7, unit: "days" });
  expect(spanOf(43_200)).toEqual({ count: 12, unit: "hours" });
  expect(spanOf(90)).toEqual({ count: 90, unit: "seconds" });
  for (const seconds of [1, 59, 60, 3_600, 90_000, 86_400]) {
    const { count, unit } = spanOf(seconds);
    expect(inSeconds(count, unit)).toBe(seconds);
  }
});
