import { describe, expect, it } from "vitest";
import { flattenFacts } from "../../../dashboard/lib/facts.ts";
import { splitList } from "../../../dashboard/lib/format.ts";
import { parseRoute, routeTo } from "../../../dashboard/lib/router.ts";

describe("addresses of rooms", () => {
  it("give back the parts that they were made of", () => {
    const parts = ["policies", "a/b #c%", "ü"];
    expect(parseRoute(routeTo(...parts))).toEqual(parts);
  });

  it("survive what nobody would write", () => {
    expect(parseRoute("")).toEqual([]);
    expect(parseRoute("#//apps//")).toEqual(["apps"]);
    expect(parseRoute("#/%E0%A4%A")).toEqual(["%E0%A4%A"]);
  });
});

describe("flattenFacts", () => {
  it("names nested facts by their path and says what is missing", () => {
    const facts = {
      principal: { email: "a@example.com", groups: ["x", "y"], tags: [] },
      device: null,
      risk: 0,
    };
    expect(flattenFacts(facts)).toEqual([
      ["principal.email", "a@example.com"],
      ["principal.groups", "x, y"],
      ["principal.tags", "none"],
      ["device", "none"],
      ["risk", "0"],
    ]);
  });
});

describe("splitList", () => {
  it("takes commas and lines, and drops blanks", () => {
    expect(splitList(" a, b\n\n c ,")).toEqual(["a", "b", "c"]);
  });
});
