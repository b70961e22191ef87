import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LazyRecord, Shape } from "../../../../shared/access/policy/lazy-record.ts";
import {
  CedarSet,
  EntityUid,
  equal,
  isRecord,
  keyOf,
  typeOf,
  type Value,
} from "../../../../shared/access/policy/values.ts";

const value = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.string(),
  fc.array(fc.string(), { maxLength: 3 }).map((texts) => new CedarSet(texts)),
  fc.string().map((id) => new EntityUid("Group", id)),
);
const fields = fc.dictionary(fc.constantFrom("a", "b", "c", "d", "__proto__"), fc.option(value), {
  maxKeys: 5,
});

/** A lazy record whose fields are these. */
const lazyOf = (record: Readonly<Record<string, Value | null>>): LazyRecord =>
  new Shape<typeof record>(
    Object.fromEntries(Object.keys(record).map((name) => [name, (source) => source[name] ?? null])),
  ).of(record);

const mapOf = (record: Readonly<Record<string, Value | null>>): Map<string, Value> =>
  new Map(Object.entries(record).filter((field): field is [string, Value] => field[1] !== null));

describe("a lazy record", () => {
  test("I8: is to policies what the record of the same fields is, without those that are null", () => {
    fc.assert(
      fc.property(fields, fields, (record, other) => {
        const [lazy, map] = [lazyOf(record), mapOf(record)];
        expect([...lazy]).toEqual([...map]);
        expect([lazy.size, typeOf(lazy), isRecord(lazy)]).toEqual([map.size, "record", true]);
        expect(keyOf(lazy)).toBe(keyOf(map));
        expect([equal(lazy, map), equal(map, lazy)]).toEqual([true, true]);
        expect(equal(lazy, lazyOf(other))).toBe(equal(map, mapOf(other)));
        for (const name of [...Object.keys(record), "none"]) expect(lazy.get(name)).toBe(map.get(name));
      }),
    );
  });

  test("I8: makes a field when it is asked for, and what is composed only once", () => {
    const made: string[] = [];
    const shape = new Shape<string>({
      address: (source) => {
        made.push(source);
        return new CedarSet([source]);
      },
      broken: () => {
        throw new Error("nobody asks for it");
      },
    });
    const record = shape.of("x");
    expect(made).toEqual([]);
    expect(record.get("address")).toBe(record.get("address"));
    expect(made).toEqual(["x"]);
    expect(() => record.get("broken")).toThrow("nobody asks for it");
  });
});
