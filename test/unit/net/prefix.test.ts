import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeTextError } from "../../../shared/base/text-error.ts";
import {
  comparePrefixes,
  contains,
  formatPrefix,
  outermost,
  overlaps,
  type Prefix,
  parsePrefix,
  prefixOf,
  subtract,
} from "../../../shared/net/prefix.ts";

const SEED = 20261124;
const read = (text: string): Prefix => {
  const prefix = prefixOf(text);
  if (!prefix) throw new Error(`${text} is no prefix`);
  return prefix;
};
const refusal = (text: string): string => {
  const parsed = parsePrefix(text);
  return parsed.ok ? "accepted" : describeTextError(parsed.error);
};

describe("reading", () => {
  test.each([
    ["10.0.0.0/24", "10.0.0.0/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["::/0", "::/0"],
    ["FD00:0:0::/48", "fd00::/48"],
    ["fd00:1:2:3::7/128", "fd00:1:2:3::7/128"],
    ["255.255.255.255/32", "255.255.255.255/32"],
  ])("%s is %s", (text, canonical) => expect(formatPrefix(read(text))).toBe(canonical));

  test.each([
    [
      "10.0.0.5/24",
      "character 1: the address has bits after the first 24. Write 10.0.0.0/24 for the block, or 10.0.0.5/32",
    ],
    ["10.0.0.0", "character 9: the prefix length is missing. Write 10.0.0.0/32"],
    ["fd00::1", "character 8: the prefix length is missing. Write fd00::1/128"],
    ["10.0.0.0/33", "character 10: this is no prefix length. Write a number from 0 to 32."],
    ["10.0.0.0/024", "character 10: this is no prefix length"],
    ["10.0.0.0/-1", "character 10: this is no prefix length"],
    ["10.0.0.0/", "character 10: this is no prefix length"],
    ["fd00::/129", "character 8: this is no prefix length. Write a number from 0 to 128."],
    ["fe80::%eth0/64", "character 7: a prefix has no zone"],
    ["::ffff:10.0.0.0/104", "character 1: this is an IPv4 prefix inside IPv6. Write 10.0.0.0/8."],
    ["010.0.0.0/8", "character 1: this is no IPv4 or IPv6 address"],
    ["0x0a.0.0.0/8", "character 1: this is no IPv4 or IPv6 address"],
    ["10.0/8", "character 1: this is no IPv4 or IPv6 address"],
    ["10.0.0.0/8 ", "character 10: this is no prefix length"],
    ["１0.0.0.0/8", "character 1: this is no IPv4 or IPv6 address"],
    ["", "character 1: this is no IPv4 or IPv6 address"],
    ["1".repeat(50), "character 50: the prefix is too long"],
  ])("%j is refused", (text, reason) => expect(refusal(text)).toContain(reason));
});

/** Blocks of 10.0.0.0/24, so that they often meet. */
const block = fc
  .tuple(fc.nat(255), fc.integer({ min: 24, max: 32 }))
  .map(([host, length]) => read(`10.0.0.${host & (0xff << (32 - length))}/${length}`));
const hostsOf = (prefixes: readonly Prefix[]): number[] =>
  Array.from({ length: 256 }, (_, host) => host).filter((host) =>
    prefixes.some((prefix) => contains(prefix, read(`10.0.0.${host}/32`))),
  );

describe("blocks", () => {
  test("nest or are disjoint, as their addresses do", () => {
    fc.assert(
      fc.property(block, block, (a, b) => {
        const [inA, inB] = [new Set(hostsOf([a])), new Set(hostsOf([b]))];
        expect(contains(a, b)).toBe(inB.isSubsetOf(inA));
        expect(overlaps(a, b)).toBe(!inA.isDisjointFrom(inB));
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test("a difference holds every address outside the holes once", () => {
    fc.assert(
      fc.property(block, fc.array(block, { maxLength: 4 }), (outer, holes) => {
        const pieces = subtract(outer, holes);
        const expected = new Set(hostsOf([outer])).difference(new Set(hostsOf(holes)));
        expect(hostsOf(pieces)).toEqual([...expected]);
        expect(pieces.toSorted(comparePrefixes)).toEqual(pieces);
        expect(pieces.some((a, i) => pieces.some((b, j) => i !== j && overlaps(a, b)))).toBe(false);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test("the outermost ones cover the same addresses without overlap", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 8 }), (prefixes) => {
        const kept = outermost(prefixes);
        expect(hostsOf(kept)).toEqual(hostsOf(prefixes));
        expect(kept.some((a, i) => kept.some((b, j) => i !== j && overlaps(a, b)))).toBe(false);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test("of different families never meet", () => {
    expect(contains(read("::/0"), read("10.0.0.0/8"))).toBe(false);
    expect(contains(read("0.0.0.0/0"), read("fd00::/8"))).toBe(false);
  });
});
