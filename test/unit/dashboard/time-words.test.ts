import { expect, test } from "vitest";
import { changesOf } from "../../../dashboard/lib/changes.ts";
import { timeInWords } from "../../../dashboard/lib/time-words.ts";

test.each([
  [0, "just now"],
  [-9_000, "just now"],
  [5_000, "in a moment"],
  [-30_000, "30 seconds ago"],
  [-90_000, "1 minute ago"],
  [7_200_000, "in 2 hours"],
  [-86_400_000, "yesterday"],
  [-5 * 86_400_000, "5 days ago"],
  [400 * 86_400_000, "next year"],
])("a moment that is %i ms away is %s", (away, words) => {
  expect(timeInWords(1_800_000_000_000 + away, 1_800_000_000_000)).toBe(words);
});

test("only what differs is sent", () => {
  const before = { name: "a", tags: ["x"], settings: { leaseMs: 1 }, version: 3 };
  expect(changesOf({ name: "a", tags: ["x", "y"], settings: { leaseMs: 1 } }, before)).toEqual({
    tags: ["x", "y"],
  });
  expect(changesOf({ name: "a" }, before)).toEqual({});
});
