import { policySetTextToParts, policyToJson, validate } from "@cedar-policy/cedar-wasm/nodejs";
import { describe, expect, it } from "vitest";
import { CEDAR_SCHEMA } from "../../../../shared/access/policy/schema.ts";
import { SOURCE_LIMITS, tooIntricate } from "../../../../shared/access/policy/source-limits.ts";
import { statementsOf } from "../../../../shared/access/policy/tokens.ts";

const permit = (condition: string) => `permit (principal, action, resource) when { ${condition} };`;
const nested = (count: number, before: string, leaf: string, after: string) =>
  permit(before.repeat(count) + leaf + after.repeat(count));
const sum = (count: number) => Array.from({ length: count }, () => "1").join(" + ");
const IN_GROUP = ["(if ", ` is User in Group::"g" then principal else principal)`] as const;

describe("an intricate policy", () => {
  it.each([
    ["brackets", permit(`${"(".repeat(70)}true${")".repeat(70)}`), "nested deeper"],
    ["signs", permit(`${"!".repeat(20)}true`), "signs in a row"],
    ["minus signs", permit(`${"-".repeat(20)}1 == 1`), "signs in a row"],
    ["conditions", permit(`${"if true then ".repeat(40)}true${" else false".repeat(40)}`), "conditions"],
    ["operators", permit(Array.from({ length: 700 }, () => "true").join(" || ")), "operators"],
    ["members", permit(`context${".a".repeat(700)} == 1`), "operators"],
    ["P2: members by index", permit(`context${'["a"]'.repeat(1_800)} == 1`), "operators"],
    ["P2: members by index, with blanks", permit(`context${' [ "a" ]'.repeat(700)} == 1`), "operators"],
    ["P2: calls of calls", permit(`context.a${"()".repeat(700)} == 1`), "operators"],
    ["else ifs", permit(`${"if true then false else ".repeat(40)}true`), "conditions"],
    [
      "P1: brackets behind a comment that ends at \\r",
      `// x\r${nested(150, "(", "true", ")")}`,
      "nested deeper",
    ],
    [
      "P1: brackets behind a text",
      permit(`"\\"" == "a" || ${"(".repeat(70)}true${")".repeat(70)}`),
      "nested",
    ],
    ["brackets in a scope", `permit (principal in ${"[".repeat(70)}`, "nested deeper"],
    ["brackets and operators together", nested(50, "(", sum(500), ")"), "nested too deep"],
    ["P3: copies by `is`", nested(16, IN_GROUP[0], "principal", IN_GROUP[1]), "left side"],
    [
      "P3: copies by `is` in brackets",
      permit(`${"(".repeat(16)}principal${` is User in Group::"g")`.repeat(16)}`),
      "left side",
    ],
    [
      "copies by `has`",
      nested(3, "(if ", "context", ` has ${"request.".repeat(40)}path then context else context)`),
      "left side",
    ],
    ["copies by one long `has`", permit(`context has a${".a".repeat(300)}`), "left side"],
    ["foreign characters", permit("1 # 2"), "holds #, which Cedar does not know"],
    ["a byte order mark", permit("1 \ufeff 2"), "holds U+FEFF, which Cedar does not know"],
    ["an open text", permit(`"a`), "does not end"],
    ["P1: a text whose line feed is escaped", permit(`"a\\\n" == "${"(".repeat(70)}"`), "does not end"],
  ])("is refused for its %s, at the place", (_what, source, words) => {
    const found = tooIntricate(source);
    expect(found?.message).toContain(words);
    expect(found?.at).toBeGreaterThan(0);
  });

  it("is not one that only looks so in a text or a comment, or in many statements together", () => {
    expect(tooIntricate(permit(`context.a == "${"(".repeat(1_000)}"`))).toBeNull();
    expect(tooIntricate(`// ${"(".repeat(1_000)}\n${permit("true")}`)).toBeNull();
    expect(tooIntricate(permit("true || false").repeat(SOURCE_LIMITS.operators + 1))).toBeNull();
    const many = Array.from({ length: 150 }, (_, i) => `principal is User in Group::"${i}"`);
    expect(tooIntricate(permit(many.join(" || ")))).toBeNull();
    const ranges = Array.from({ length: 2_000 }, (_, i) => `ip("10.0.${i % 256}.0/24")`);
    expect(tooIntricate(permit(`[${ranges.join(", ")}].contains(context.network.ip)`))).toBeNull();
  });

  it("takes steps in proportion to its text", () => {
    const tokens = (length: number) => [...statementsOf(permit("true ||".repeat(length)))].length;
    expect(tokens(10_000)).toBe(tokens(10));
    for (const part of ['"', '\\"', "(", "//", "/", '"\\', "a"]) {
      const long = tooIntricate(part.repeat(50_000));
      expect(long?.message ?? null, part).toBe(tooIntricate(part.repeat(5_000))?.message ?? null);
    }
  });
});

describe("what the guard lets through", () => {
  /** The most of each kind, and of kinds together. */
  const AT_THE_LIMIT = [
    nested(63, "(", "true", ")"),
    nested(62, "[", "1", "]"),
    nested(62, "{a: ", "1", "}"),
    nested(62, "[1].contains(", "true", ")"),
    nested(31, "(if true then false else ", `${sum(300)} == 1`, ")"),
    nested(31, "[if true then false else ", `${sum(340)} == 1`, "].contains(true)"),
    nested(40, "(1 + ", sum(320), ")"),
    nested(31, "{a: !(1 == ", sum(110), ")}"),
    permit(`${sum(590)} == 1`),
    permit(`context${'["a"]'.repeat(590)}`),
    permit(`context${".a".repeat(590)}`),
    permit(`context has a${".a".repeat(90)}`),
    nested(7, IN_GROUP[0], "principal", IN_GROUP[1]),
  ];
  it.each(AT_THE_LIMIT.map((source) => [source.slice(44, 100), source]))(
    "does not break the parser: %s",
    (_start, source) => {
      expect(tooIntricate(source)).toBeNull();
      expect(() => policySetTextToParts(source)).not.toThrow();
      expect(() => policyToJson(source)).not.toThrow();
      const policies = { staticPolicies: source, templates: {}, templateLinks: [] };
      expect(() =>
        validate({ schema: CEDAR_SCHEMA, policies, validationSettings: { mode: "strict" } }),
      ).not.toThrow();
    },
  );
});

describe("P5: statements", () => {
  it("are cut where they stand, one inside another's text or not", () => {
    const inner = permit("true");
    const source = `@a(${JSON.stringify(inner)})\n${inner} // ${inner}\r\n${inner}\n@b("x") ${inner}`;
    const statements = statementsOf(source);
    expect(statements.map(({ text }) => text)).toEqual([
      `@a(${JSON.stringify(inner)})\n${inner}`,
      inner,
      `@b("x") ${inner}`,
    ]);
    for (const { text, at } of statements) expect(source.slice(at, at + text.length)).toBe(text);
  });
});
