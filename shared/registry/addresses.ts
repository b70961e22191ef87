/** The overlay's IPv4 range (RFC 6598). */
export const OVERLAY_IPV4 = "100.64.0.0/10";
/** Milliseconds for which the address of a node that is gone is given to nobody else. */
export const ADDRESS_HOLD_MS = 7 * 86_400_000;

/** Last numbers 0 and 255 are left out: too many tools take them for a network's or a broadcast address. */
const PER_BLOCK = 254;
const BLOCKS = 64 * 256;
/** How many nodes a network can have. */
export const ADDRESS_COUNT = BLOCKS * PER_BLOCK;

/** A node's IPv4 address: from 100.64.0.1 on. */
export function ipv4At(index: number): string {
  const block = Math.floor(index / PER_BLOCK);
  return `100.${64 + Math.floor(block / 256)}.${block % 256}.${1 + (index % PER_BLOCK)}`;
}

/** @param prefix Three groups of a ULA /48 (RFC 4193). */
export function ipv6At(prefix: string, index: number): string {
  const number = index + 1;
  const high = Math.floor(number / 65_536);
  return high === 0
    ? `${prefix}::${number.toString(16)}`
    : `${prefix}::${high.toString(16)}:${(number % 65_536).toString(16)}`;
}

/** @param random 5 bytes: the global id of RFC 4193 §3.2. */
export function ulaPrefix(random: Uint8Array): string {
  const groups = [0xfd00 | (random[0] ?? 0), group(random, 1), group(random, 3)];
  return groups.map((value) => value.toString(16)).join(":");
}

const group = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** The overlay's prefixes, as the root document names them. */
export const overlayOf = (ipv6Prefix: string) => ({ ipv4: OVERLAY_IPV4, ipv6: `${ipv6Prefix}::/48` });
