import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundEntry, MAX_ENTRY_BYTES } from "../../../shared/audit/bounds.ts";
import { canonicalJson } from "../../../shared/audit/canonical.ts";
import type { EventEntry } from "../../../shared/audit/types.ts";

const event = (detail: EventEntry["detail"]): EventEntry => ({
  kind: "admin",
  id: "aud_1",
  at: 1,
  actor: "system",
  action: "app.create",
  target: "app_1",
  detail,
});
const bytes = (text: string) => new TextEncoder().encode(text).length;

describe("canonical JSON", () => {
  it("is RFC 8785's own example of sorting and numbers", () => {
    const value = {
      numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0],
      string: '€$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    expect(canonicalJson({ "€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\u0080": 6, ö: 7 })).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    );
  });

  it("does not depend on the order of members and reads back as the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 8785, numRuns: 500 },
    );
  });

  it("writes what JSON cannot say as JSON.stringify does", () => {
    expect(canonicalJson({ a: undefined, b: [undefined], c: Number.NaN, d: Number.POSITIVE_INFINITY })).toBe(
      '{"b":[null],"c":null,"d":null}',
    );
  });
});

describe("the bound of an entry", () => {
  it("leaves an entry that fits alone", () => {
    const entry = event({ note: "x".repeat(10_000), list: Array.from({ length: 200 }, (_, i) => i) });
    expect(boundEntry(entry)).toBe(entry);
  });

  it("cuts long texts and lists, marks the cut and keeps who, what and when", () => {
    const entry = event({ note: "x".repeat(100_000), list: Array.from({ length: 20_000 }, () => 1) });
    const bounded = boundEntry(entry);
    expect(bytes(canonicalJson(bounded))).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
    expect(bounded.detail.note).toMatch(/^x+…$/);
    expect(bounded).toMatchObject({
      id: "aud_1",
      actor: "system",
      action: "app.create",
      target: "app_1",
      at: 1,
    });
  });

  it("fits whatever the detail is", () => {
    const hostile = fc.oneof(
      fc.object({ maxDepth: 6, maxKeys: 60 }),
      fc.dictionary(fc.string({ maxLength: 3_000 }), fc.string({ unit: "grapheme", maxLength: 9_000 })),
      fc.array(fc.array(fc.string({ unit: "binary", maxLength: 500 }), { minLength: 40 }), { minLength: 40 }),
    );
    fc.assert(
      fc.property(hostile, (detail) => {
        const bounded = boundEntry(event({ detail, note: "😀".repeat(9_000) }));
        expect(bytes(canonicalJson(bounded))).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
      }),
      { seed: 3, numRuns: 100 },
    );
  });
});
