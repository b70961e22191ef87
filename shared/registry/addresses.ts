import { formatAddress, parseAddress, parseIPv6 } from "../net/address.ts";
import { OVERLAY_IPV4 } from "../net/overlay.ts";

/** For this many milliseconds, the address of a removed node is given to no other node. */
export const ADDRESS_REST_MS = 7 * 86_400_000;

/**
 * Addresses that end in 0 or 255 are left out, because many tools take them for a network or broadcast
 * address.
 */
const PER_BLOCK = 254;
const BLOCKS = 64 * 256;
/** How many nodes a network can have. */
export const ADDRESS_COUNT = BLOCKS * PER_BLOCK;

/** A node's IPv4 address: from 100.64.0.1 on. */
export function ipv4At(index: number): string {
  const block = Math.floor(index / PER_BLOCK);
  return `100.${64 + Math.floor(block / 256)}.${block % 256}.${1 + (index % PER_BLOCK)}`;
}

/** The IPv4 address of the node `n`, computed in SQL. */
export const IPV4_SQL = `'100.' || (64 + n.address_index / ${PER_BLOCK} / 256) || '.' ||
  (n.address_index / ${PER_BLOCK} % 256) || '.' || (1 + n.address_index % ${PER_BLOCK})`;

/** @param prefix The network's ULA prefix, from `ulaPrefix`. */
export function ipv6At(prefix: string, index: number): string {
  const address = parseIPv6(prefix.replace("/48", ""));
  if (!address) throw new Error("the network's IPv6 prefix is malformed");
  const number = index + 1;
  const low = [24, 16, 8, 0].map((shift) => (number >> shift) & 255);
  return formatAddress({ version: 6, bytes: [...address.bytes.slice(0, 12), ...low] });
}

/** The index of an overlay address. Null for an address that no node can have. */
export function addressIndexOf(text: string, ipv6Prefix: string): number | null {
  const address = parseAddress(text);
  if (!address) return null;
  const [a = 0, b = 0, c = 0, d = 0] = address.bytes.slice(-4);
  const index =
    address.version === 4
      ? ((b - 64) * 256 + c) * PER_BLOCK + d - 1
      : a * 2 ** 24 + b * 2 ** 16 + c * 256 + d - 1;
  if (index < 0 || index >= ADDRESS_COUNT) return null;
  const same = address.version === 4 ? ipv4At(index) : ipv6At(ipv6Prefix, index);
  return same === formatAddress(address) ? index : null;
}

/**
 * A ULA /48 (RFC 4193 §3.2).
 *
 * @param random 5 bytes: the global id of the prefix.
 */
export function ulaPrefix(random: Uint8Array): string {
  const bytes = [0xfd, ...random.subarray(0, 5), ...new Array<number>(10).fill(0)];
  return `${formatAddress({ version: 6, bytes })}/48`;
}

/** The prefixes of the overlay, as the root document names them. */
export const overlayOf = (ipv6Prefix: string) => ({ ipv4: OVERLAY_IPV4, ipv6: ipv6Prefix });
