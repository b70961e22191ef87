import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStrictJson } from "../../../../shared/node/config/strict-json.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseStrictJson(bytes(text), 1_000_000);

describe("strict JSON", () => {
  it("reads what JSON.stringify writes", () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.string({ unit: "grapheme" }),
        fc.maxSafeInteger().map((number) => (number === 0 ? 0 : number)),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 5 }),
        fc.dictionary(
          fc.string({ unit: "grapheme" }).filter((name) => name !== "__proto__"),
          tie("value"),
          { maxKeys: 5, noNullPrototype: true },
        ),
      ),
    })).value;
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2, "\t"), (json, space) => {
        const text = JSON.stringify(json, null, space);
        const read = parse(text);
        if (read.ok) expect(read.value).toEqual(JSON.parse(text));
        else expect(read.error.reason).toBe("more than 16 levels");
      }),
      { seed: 8259, numRuns: 2_000 },
    );
  });

  it("takes nothing that JSON.parse refuses", () => {
    const texts = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'{}[],:"\\ \n\ttrufalsen0123456789-+.eE/u') }),
      fc
        .json()
        .chain((json) =>
          fc
            .tuple(fc.nat(json.length), fc.string({ maxLength: 2 }), fc.nat(2))
            .map(([at, added, cut]) => json.slice(0, at) + added + json.slice(at + cut)),
        ),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const read = parse(text);
        if (read.ok) expect(read.value).toEqual(JSON.parse(text));
      }),
      { seed: 8259, numRuns: 20_000 },
    );
  });

  it.each([
    ['{"a":1,"a":2}', "twice"],
    ['{"a":{"b":1,"\\u0062":1}}', "twice"],
    ['[{"__proto__":1}]', "__proto__"],
    ['"\\ud800"', "surrogate"],
    ['"\\udc00\\ud800"', "surrogate"],
    ['{"\\ud800":1}', "surrogate"],
    ["1.0", "integer"],
    ["1e3", "integer"],
    ["-0", "integer"],
    ["01", "integer"],
    ["9007199254740992", "integer"],
    ["12345678901234567890", "integer"],
    ["+1", "integer"],
    ["", "value"],
    ["\ufeff1", "value"],
    ["[1,]", "value"],
    ['{"a":1,}', "name"],
    ["{'a':1}", "name"],
    ["1 2", "follows"],
    ["[1", "missing"],
    ['{"a" 1}', "missing"],
    ['"a', "ended"],
    ['"\u0000"', "control"],
    ['"\\x41"', "escape"],
    ["/**/1", "value"],
    [`${"[".repeat(17)}${"]".repeat(17)}`, "levels"],
    ["[".repeat(100_000), "levels"],
  ])("refuses %s", (text, reason) => {
    expect(parse(text)).toMatchObject({ ok: false, error: { reason: expect.stringContaining(reason) } });
  });

  it("reads the extremes that it takes", () => {
    expect(parse('[9007199254740991,-9007199254740991,"\\ud83d\\ude00"]')).toEqual({
      ok: true,
      value: [9007199254740991, -9007199254740991, "😀"],
    });
    expect(parse(`${"[".repeat(16)}${"]".repeat(16)}`).ok).toBe(true);
    expect(parse('{"constructor":1,"toString":{}}')).toEqual({
      ok: true,
      value: { constructor: 1, toString: {} },
    });
  });

  it("refuses bytes that are no UTF-8, and what is too large before it is looked at", () => {
    for (const wrong of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ]) {
      expect(parseStrictJson(Uint8Array.from(wrong), 100)).toMatchObject({ error: { reason: "not UTF-8" } });
    }
    expect(parseStrictJson(bytes("1"), 0)).toMatchObject({ error: { reason: "more than 0 bytes" } });
  });
});
