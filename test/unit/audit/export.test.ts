import { describe, expect, it } from "vitest";
import { csvField } from "../../../shared/audit/export.ts";

describe("U4: a field of CSV", () => {
  it.each([
    ["plain", "plain"],
    ['a "b", c', '"a ""b"", c"'],
    ["two\nlines", '"two\nlines"'],
    ["=HYPERLINK(1)", "'=HYPERLINK(1)"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(1)", "'@SUM(1)"],
    ["\t=1", "'\t=1"],
    [" =1", "' =1"],
    ["＝HYPERLINK(1)", "'＝HYPERLINK(1)"],
    ["＋1", "'＋1"],
    [" －1", "' －1"],
    ["＠SUM(1)", "'＠SUM(1)"],
    ["/path=1", "/path=1"],
  ])("keeps %j from being run or from breaking the line", (value, field) => {
    expect(csvField(value)).toBe(field);
  });
  it("has nothing for nothing", () => {
    expect([csvField(null), csvField(undefined), csvField(""), csvField(0)]).toEqual(["", "", "", "0"]);
  });
});
