import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BoundedMap, ExpiringMap, remembering } from "../../../shared/base/bounded-map.ts";

const key = fc.nat(30);
const step = fc.oneof(
  fc.record({ do: fc.constant("set" as const), key, value: fc.nat(1_000) }),
  fc.record({ do: fc.constantFrom("get" as const, "delete" as const), key, value: fc.constant(0) }),
);

describe("a bounded map", () => {
  test("I8: knows nothing wrong, keeps what was used of late, and no more than its bound", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.array(step, { maxLength: 200 }), (max, steps) => {
        const map = new BoundedMap<number, number>(max);
        const model = new Map<number, number>();
        for (const { do: act, key, value } of steps) {
          if (act === "set") map.set(key, value);
          if (act === "delete") map.delete(key);
          const known = act === "get" ? map.get(key) : undefined;
          if (known !== undefined) expect(known).toBe(model.get(key));
          if (act === "set") model.set(key, value);
          if (act === "delete") model.delete(key);
        }
        const late = [...new Set(steps.toReversed().map((each) => each.key))].slice(0, Math.floor(max / 2));
        const lastSet = late.filter((each) => steps.findLast(({ key }) => key === each)?.do === "set");
        for (const each of lastSet) expect(map.get(each)).toBe(model.get(each));
        const kept = [...model.keys()].filter((each) => map.get(each) !== undefined);
        expect(kept.length).toBeLessThanOrEqual(max);
      }),
    );
  });

  test("I8: knows nothing after it was cleared", () => {
    const map = new BoundedMap<string, number>(4);
    for (const key of ["a", "b", "c"]) map.set(key, 1);
    map.clear();
    expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([undefined, undefined, undefined]);
  });

  test("I8: a key that is used again and again outlives any number of others", () => {
    const map = new BoundedMap<string, number>(10);
    map.set("a session that works", 1);
    for (let n = 0; n < 1_000; n++) {
      map.set(`a guess ${n}`, n);
      expect(map.get("a session that works")).toBe(1);
    }
    expect(map.get("a guess 0")).toBeUndefined();
  });
});

describe("an expiring map", () => {
  test("I8: gives an entry until its moment, and never again after", () => {
    const map = new ExpiringMap<string, string>(4);
    map.set("a", "first", 10);
    expect([map.get("a", 9), map.get("a", 10), map.get("a", 9)]).toEqual(["first", undefined, undefined]);
    map.set("a", "second", 20);
    expect(map.get("a", 19)).toBe("second");
  });
});

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

  test("keeps no long text, since clients choose the length of a header", () => {
    let asked = 0;
    const length = remembering(100, (text) => {
      asked++;
      return text.length;
    });
    for (const text of ["a".repeat(4_096), "b".repeat(4_097)]) for (let i = 0; i < 3; i++) length(text);
    expect(asked).toBe(1 + 3);
  });
});
