import { describe, expect, it } from "vitest";
import { planText } from "../../../cli/network/plan-text.ts";
import { lineDiff } from "../../../shared/base/line-diff.ts";

const diff = (before: string, after: string) => lineDiff(before, after).map(({ sign, text }) => sign + text);

describe("lineDiff", () => {
  it("keeps as many lines as it can", () => {
    expect(diff("a\nb\nc\nd\n", "a\nc\nx\nd\n")).toEqual([" a", "-b", " c", "+x", " d"]);
    expect(diff("", "a\nb")).toEqual(["+a", "+b"]);
    expect(diff("a\na\nb\n", "a\nb\n")).toEqual([" a", "-a", " b"]);
    expect(diff("same\n", "same\n")).toEqual([" same"]);
  });
});

describe("planText", () => {
  const text = (lines: readonly string[]) => `${lines.join("\n")}\n`;

  it("shows what a new thing gets, and what changes in one that is there", () => {
    const steps = [
      {
        action: "create" as const,
        kind: "app" as const,
        name: "wiki",
        changes: [
          { field: "name", before: null, after: "wiki" },
          { field: "title", before: null, after: "wiki" },
        ],
      },
      {
        action: "update" as const,
        kind: "segment" as const,
        name: "lab",
        changes: [{ field: "description", before: "", after: "trials\u001b[2J" }],
      },
      { action: "delete" as const, kind: "user" as const, name: "x@example.com", changes: [] },
    ];
    expect(planText({ baseVersion: "", steps })).toBe(
      text([
        "+ app wiki",
        '    title: "wiki"',
        "~ segment lab",
        '    description: "" → "trials\\u001b[2J"',
        "- user x@example.com",
      ]),
    );
  });

  it("shows longer text line by line, around what changes", () => {
    const lines = ["1", "2", "3", "4", "5", "6", "7"];
    const change = {
      field: "source",
      before: text(lines),
      after: text(lines.map((line) => (line === "5" ? "five\u001b[2J" : line))),
    };
    const steps = [{ action: "update" as const, kind: "policy" as const, name: "p", changes: [change] }];
    expect(planText({ baseVersion: "", steps })).toBe(
      text([
        "~ policy p",
        "    source:",
        "      …",
        "        3",
        "        4",
        "      - 5",
        "      + five\\u001b[2J",
        "        6",
        "        7",
      ]),
    );
  });
});
