import { describe, expect, it } from "vitest";
import { isTurnedDown, type Remembered } from "../../../../shared/segments/suggest/memory.ts";

const old: Remembered = {
  meaning: { about: ["a", "b", "c", "d", "e"], says: ["tcp/443"], to: ["x", "y"] },
  confidence: 0.7,
  seen: 10,
};
const again = (more: Partial<Remembered>, meaning: Partial<Remembered["meaning"]> = {}) =>
  isTurnedDown({ ...old, ...more, meaning: { ...old.meaning, ...meaning } }, [old]);

describe("what was turned down", () => {
  it("stays away, also with a node more or less", () => {
    expect(again({})).toBe(true);
    expect(again({}, { about: ["a", "b", "c", "d"] })).toBe(true);
    expect(again({ confidence: 0.84, seen: 19 })).toBe(true);
  });

  it("returns when it means something else, or when much more speaks for it", () => {
    expect(again({}, { about: ["a", "b", "c"] })).toBe(false);
    expect(again({}, { says: ["tcp/443", "tcp/22"] })).toBe(false);
    expect(again({}, { to: ["x", "z"] })).toBe(false);
    expect(again({ confidence: 0.86 })).toBe(false);
    expect(again({ seen: 20 })).toBe(false);
  });
});
