import { err, ok, type Result } from "../base/result.ts";
import type { TextError } from "../base/text-error.ts";
import { formatAddress, parseIPv4, parseIPv6 } from "./address.ts";

/** A block of addresses. Of two prefixes, either one contains the other or they have no address in common. */
export interface Prefix {
  readonly version: 4 | 6;
  /** The length in bits. */
  readonly length: number;
  readonly first: bigint;
  readonly last: bigint;
}

const MAPPED = { first: 0xffff_0000_0000n, last: 0xffff_ffff_ffffn };
const widthOf = (version: 4 | 6): number => (version === 4 ? 32 : 128);

/**
 * Reads `10.0.0.0/24` or `fd00::/48` in any spelling of RFC 4291.
 *
 * @param text At most 49 characters.
 * @returns A prefix without host bits. `formatPrefix` returns its canonical text.
 */
export function parsePrefix(text: string): Result<Prefix, TextError> {
  const refused = (position: number, problem: string, remedy: string) =>
    err({ text, position, problem, remedy });
  if (text.length > 49) return refused(50, "the prefix is too long", "Write at most 49 characters");
  const zone = text.indexOf("%");
  if (zone >= 0) return refused(zone + 1, "a prefix has no zone", "Leave out everything from % to /");
  const slash = text.indexOf("/");
  const addressText = slash < 0 ? text : text.slice(0, slash);
  const address = addressText.includes(":") ? parseIPv6(addressText) : parseIPv4(addressText);
  if (!address) {
    return refused(
      1,
      "this is no IPv4 or IPv6 address",
      "Write a prefix such as 10.0.0.0/24 or fd00:1234::/48",
    );
  }
  const width = widthOf(address.version);
  if (slash < 0) {
    const remedy = `Write ${formatAddress(address)}/${width} for the one address`;
    return refused(text.length + 1, "the prefix length is missing", remedy);
  }
  const digits = text.slice(slash + 1);
  const length = Number(digits);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits) || length > width) {
    return refused(slash + 2, "this is no prefix length", `Write a number from 0 to ${width}`);
  }
  const value = address.bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const prefix = prefixAt(address.version, value, length);
  if (prefix.first !== value) {
    const remedy = `Write ${formatPrefix(prefix)} for the block, or ${formatAddress(address)}/${width} for the one address`;
    return refused(1, `the address has bits after the first ${length}`, remedy);
  }
  if (address.version === 6 && MAPPED.first <= prefix.first && prefix.last <= MAPPED.last) {
    const plain = prefixAt(4, prefix.first & 0xffff_ffffn, length - 96);
    return refused(1, "this is an IPv4 prefix inside IPv6", `Write ${formatPrefix(plain)}`);
  }
  return ok(prefix);
}

/** The prefix in a stored text. Null if the text is no prefix. */
export function prefixOf(text: string): Prefix | null {
  const parsed = parsePrefix(text);
  return parsed.ok ? parsed.value : null;
}

/** A single address as a prefix. Null if the text is no address, or is an IPv4-mapped address. */
export function hostOf(text: string): Prefix | null {
  return text.includes("/") ? null : prefixOf(`${text}/${text.includes(":") ? 128 : 32}`);
}

/** The canonical text of a prefix (RFC 5952 for IPv6). */
export function formatPrefix(prefix: Prefix): string {
  return `${formatFirst(prefix)}/${prefix.length}`;
}

/** The first address of the prefix. */
export function formatFirst({ version, first }: Prefix): string {
  const count = widthOf(version) / 8;
  const bytes = Array.from({ length: count }, (_, i) =>
    Number((first >> BigInt(8 * (count - 1 - i))) & 255n),
  );
  return formatAddress({ version, bytes });
}

export const isHost = ({ version, length }: Prefix): boolean => length === widthOf(version);

/** Whether the prefix is `0.0.0.0/0` or `::/0`. A route with this prefix makes a node an exit node. */
export const isDefaultRoute = ({ length }: Prefix): boolean => length === 0;

export const contains = (outer: Prefix, inner: Prefix): boolean =>
  outer.version === inner.version && outer.first <= inner.first && inner.last <= outer.last;

export const overlaps = (a: Prefix, b: Prefix): boolean => contains(a, b) || contains(b, a);

/**
 * Sorts by version, then by first address, then the larger block first. So a prefix comes before the prefixes
 * that it contains.
 */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  if (a.version !== b.version) return a.version - b.version;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.length - b.length;
}

/** The prefixes in sorted order, without those that another prefix of the list contains. */
export function outermost(prefixes: readonly Prefix[]): Prefix[] {
  const kept: Prefix[] = [];
  for (const prefix of [...prefixes].sort(comparePrefixes)) {
    const last = kept.at(-1);
    if (!last || !contains(last, prefix)) kept.push(prefix);
  }
  return kept;
}

/** The smallest list of prefixes that covers `outer` except the holes, in order. */
export function subtract(outer: Prefix, holes: readonly Prefix[]): Prefix[] {
  const inside = holes.filter((hole) => overlaps(outer, hole));
  if (inside.length === 0) return [outer];
  if (inside.some((hole) => contains(hole, outer))) return [];
  return halvesOf(outer).flatMap((half) => subtract(half, inside));
}

function halvesOf({ version, length, first, last }: Prefix): [Prefix, Prefix] {
  const middle = first + (last - first + 1n) / 2n;
  return [prefixAt(version, first, length + 1), prefixAt(version, middle, length + 1)];
}

function prefixAt(version: 4 | 6, value: bigint, length: number): Prefix {
  const rest = (1n << BigInt(widthOf(version) - length)) - 1n;
  const last = value | rest;
  return { version, length, first: last - rest, last };
}
