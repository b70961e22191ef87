import { describe, expect, it } from "vitest";
import { nearest } from "../../../shared/base/nearest.ts";

describe("nearest", () => {
  it.each([
    ["enginering", "engineering"],
    ["ecco", "echo"],
    ["Wiki", "wiki"],
    ["iwki", "wiki"],
    ["alice@exmaple.com", "alice@example.com"],
  ])("U6: finds for %s the name %s", (name, meant) => {
    expect(nearest(name, ["engineering", "echo", "wiki", "sales", "alice@example.com"])).toBe(meant);
  });

  it("finds nothing where none is near, and never the name itself", () => {
    expect(nearest("payroll", ["engineering", "echo", "wiki"])).toBeNull();
    expect(nearest("ab", ["xy", "cd"])).toBeNull();
    expect(nearest("wiki", ["wiki"])).toBeNull();
    expect(nearest("wiki", [])).toBeNull();
  });

  it("takes the nearest of several, and of equals the first", () => {
    expect(nearest("group-12", ["group-99", "group-11", "group-13"])).toBe("group-11");
  });
});
