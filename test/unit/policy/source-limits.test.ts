import { describe, expect, it } from "vitest";
import { SOURCE_LIMITS, tooIntricate } from "../../../shared/policy/source-limits.ts";

const permit = (condition: string) => `permit (principal, action, resource) when { ${condition} };`;

describe("an intricate policy", () => {
  it.each([
    ["brackets", permit(`${"(".repeat(70)}true${")".repeat(70)}`), "nested deeper"],
    ["signs", permit(`${"!".repeat(20)}true`), "signs in a row"],
    ["minus signs", permit(`${"-".repeat(20)}1 == 1`), "signs in a row"],
    ["conditions", permit(`${"if true then ".repeat(40)}true${" else false".repeat(40)}`), "conditions"],
    ["operators", permit(Array.from({ length: 700 }, () => "true").join(" || ")), "operators"],
    ["members", permit(`context${".a".repeat(700)} == 1`), "operators"],
  ])("is refused for its %s, at the place", (_what, source, words) => {
    const found = tooIntricate(source);
    expect(found?.message).toContain(words);
    expect(found?.at).toBeGreaterThan(0);
  });

  it("is not one that only looks so in a text or a comment, or in many statements together", () => {
    expect(tooIntricate(permit(`context.a == "${"(".repeat(1_000)}"`))).toBeNull();
    expect(tooIntricate(`// ${"(".repeat(1_000)}\n${permit("true")}`)).toBeNull();
    expect(tooIntricate(permit("true || false").repeat(SOURCE_LIMITS.operators + 1))).toBeNull();
  });

  it("is found in time that grows with the text alone", () => {
    const parts = ['"', '\\"', "(", "//", "/", '"\\', "a"];
    const refused = parts.filter((part) => tooIntricate(part.repeat(100_000)) !== null);
    expect(refused).toEqual(["("]);
  });
});
