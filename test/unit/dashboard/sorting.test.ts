import { expect, test } from "vitest";
import { nextSorting, sorted } from "../../../dashboard/lib/sorting.ts";

test("texts are sorted as people read them, numbers by size, and what is missing stands at the end both ways", () => {
  const names = ["web-10", "Web-2", "db", null];
  expect(sorted(names, (name) => name, false)).toEqual(["db", "Web-2", "web-10", null]);
  expect(sorted(names, (name) => name, true)).toEqual(["web-10", "Web-2", "db", null]);
  expect(sorted([3, 20, 100], (n) => n, true)).toEqual([100, 20, 3]);
  expect(sorted([true, false], (on) => on, false)).toEqual([false, true]);
});

test("a header is clicked up, down, and back to as the rows came", () => {
  const up = nextSorting(null, "Name");
  const down = nextSorting(up, "Name");
  expect([up, down, nextSorting(down, "Name")]).toEqual([
    { by: "Name", down: false },
    { by: "Name", down: true },
    null,
  ]);
  expect(nextSorting(down, "Age")).toEqual({ by: "Age", down: false });
});
