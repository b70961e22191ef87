import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cedarTokens, offsetOf } from "../../../dashboard/lib/cedar-tokens.ts";

const kindOf = (source: string, text: string) =>
  cedarTokens(source).find((token) => token.text === text)?.kind;

describe("the colouring of Cedar", () => {
  it("never changes the text, whatever it is", () => {
    const pieces = fc.constantFrom(...'"\\\n/@?:_a1 ', "//", "permit", "principal", "Group::", '"x"', "🦀");
    const source = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(source, (text) => {
        const tokens = cedarTokens(text);
        expect(tokens.map((token) => token.text).join("")).toBe(text);
        expect(tokens.every((token) => token.text !== "")).toBe(true);
      }),
      { seed: 20_261_124, numRuns: 1_000 },
    );
  });

  it("tells the parts of a policy apart", () => {
    const source =
      '@id("a") permit (principal in Acme::Group::"x // y", action, resource) when { "\\"" like "*" }; // end';
    expect(kindOf(source, "@id")).toBe("keyword");
    expect(kindOf(source, "permit")).toBe("keyword");
    expect(kindOf(source, "principal")).toBe("variable");
    expect(kindOf(source, "Acme::Group::")).toBe("type");
    expect(kindOf(source, '"x // y"')).toBe("string");
    expect(kindOf(source, '"\\""')).toBe("string");
    expect(kindOf(source, "// end")).toBe("comment");
  });
});

describe("offsetOf", () => {
  const source = "permit\n(action)\n";

  it("finds the place that a line and a column name", () => {
    expect(offsetOf(source, 1, 1)).toBe(0);
    expect(source.slice(offsetOf(source, 2, 2))).toBe("action)\n");
  });

  it("stays in the line and in the text", () => {
    expect(offsetOf(source, 1, 99)).toBe(6);
    expect(offsetOf(source, 99, 1)).toBe(source.length);
    expect(offsetOf(source, 0, 0)).toBe(0);
  });
});
