import { expect, it } from "vitest";
import { alike } from "../../../shared/base/alike.ts";

const VALUES = [
  null,
  0,
  "0",
  false,
  [],
  {},
  [[]],
  [0],
  [0, 1],
  [1, 0],
  { a: 1 },
  { a: null },
  { b: 1 },
  { a: 1, b: [{ c: [1, 2] }] },
  { a: 1, b: [{ c: [1, 3] }] },
  { a: 1, b: [{ c: [1, 2], d: 0 }] },
];

it("values are alike where JSON says the same of them, and nowhere else", () => {
  for (const a of VALUES)
    for (const b of VALUES)
      expect(alike(a, structuredClone(b)), JSON.stringify([a, b])).toBe(
        JSON.stringify(a) === JSON.stringify(b),
      );
});

it("the order of fields means nothing, and an undefined field is none", () => {
  expect(alike({ a: 1, b: 2 }, { b: 2, a: 1, c: undefined })).toBe(true);
  expect(alike({ a: 1, c: undefined }, { a: 1 })).toBe(true);
});
