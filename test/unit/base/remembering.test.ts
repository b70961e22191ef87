import { describe, expect, test } from "vitest";
import { remembering } from "../../../shared/base/remembering.ts";

describe("a function that remembers its answers", () => {
  test("is asked once for each text, and anew for one that was not used among many", () => {
    const asked: string[] = [];
    const length = remembering(2, (text) => {
      asked.push(text);
      return text === "" ? null : text.length;
    });
    for (const text of ["a", "", "a", "", "abc", "a"]) expect(length(text)).toBe(text.length || null);
    expect(asked).toEqual(["a", "", "abc", "a"]);
  });
});
