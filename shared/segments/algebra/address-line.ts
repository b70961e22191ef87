import { INTERNET_V4, INTERNET_V6 } from "../../net/internet.ts";
import {
  formatFirst,
  formatPrefix,
  hostOf,
  isDefaultRoute,
  type Prefix,
  prefixOf,
} from "../../net/prefix.ts";
import { type Intervals, intersection, intervals } from "./intervals.ts";

/** Addresses as points on one line: those of IPv4, and behind them those of IPv6. */
export type AddressSet = Intervals<bigint>;

const V4_END = 1n << 32n;
const V6_END = V4_END + (1n << 128n);

const placeOf = ({ version, first, last }: Prefix): [bigint, bigint] =>
  version === 4 ? [first, last + 1n] : [V4_END + first, V4_END + last + 1n];

/** The addresses outside of every network. */
export const INTERNET: AddressSet = intervals([...INTERNET_V4, ...INTERNET_V6].map(rangeOf));

function rangeOf(text: string): [bigint, bigint] {
  const [first, last] = text.split("-").map((part) => (part.includes("/") ? prefixOf(part) : hostOf(part)));
  if (!first) throw new Error(`${JSON.stringify(text)} is no range of addresses`);
  return [placeOf(first)[0], placeOf(last ?? first)[1]];
}

/** The addresses of one family. */
export const familySet = (family: 4 | 6): AddressSet => (family === 4 ? [[0n, V4_END]] : [[V4_END, V6_END]]);

/** The addresses in the blocks. A default route stands for the Internet. */
export const addressSet = (blocks: readonly string[]): AddressSet =>
  intervals(
    blocks.flatMap((text) => {
      const block = prefixOf(text);
      if (!block) return [];
      return isDefaultRoute(block) ? intersection(INTERNET, familySet(block.version)) : [placeOf(block)];
    }),
  );

/** The addresses in the blocks, where a default route stands for every address of its family, as in a table of routes. */
export const routedSet = (routes: readonly string[]): AddressSet =>
  intervals(routes.flatMap((text) => (prefixOf(text) ? [placeOf(prefixOf(text) as Prefix)] : [])));

/** The first address of the set. */
export function sampleAddress(set: AddressSet): string | null {
  const first = set[0]?.[0];
  return first === undefined ? null : formatFirst(hostAt(first));
}

/** The set as blocks. More than `most` are cut off, and the last entry says how many. */
export function printAddressSet(set: AddressSet, most: number): string[] {
  const texts: string[] = [];
  if ([4, 6].every((family) => isWhole(set, family as 4 | 6))) return ["internet"];
  for (const [from, until] of set) for (const block of blocksOf(from, until)) texts.push(formatPrefix(block));
  return texts.length <= most ? texts : [...texts.slice(0, most), `${texts.length - most} more`];
}

const isWhole = (set: AddressSet, family: 4 | 6): boolean => {
  const part = intersection(set, familySet(family));
  const internet = intersection(INTERNET, familySet(family));
  return JSON.stringify(part.map(String)) === JSON.stringify(internet.map(String));
};

function hostAt(point: bigint): Prefix {
  return point < V4_END
    ? { version: 4, length: 32, first: point, last: point }
    : { version: 6, length: 128, first: point - V4_END, last: point - V4_END };
}

/** The smallest list of prefixes that fills the interval. */
function blocksOf(from: bigint, until: bigint): Prefix[] {
  const blocks: Prefix[] = [];
  for (let at = from; at < until; ) {
    const { version, first } = hostAt(at);
    const end = version === 4 && until > V4_END ? V4_END : until;
    const width = version === 4 ? 32 : 128;
    let bits = 0;
    while (bits < width && first % (1n << BigInt(bits + 1)) === 0n && at + (1n << BigInt(bits + 1)) <= end)
      bits++;
    blocks.push({ version, length: width - bits, first, last: first + (1n << BigInt(bits)) - 1n });
    at += 1n << BigInt(bits);
  }
  return blocks;
}
