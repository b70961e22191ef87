import { hostOf, type Prefix, prefixOf } from "../net/prefix.ts";

/** An address, a prefix (its host bits are cut), or null. */
export function readAddresses(text: string): Prefix | null {
  return hostOf(text) ?? prefixOf(text) ?? withoutHostBits(text);
}

function withoutHostBits(text: string): Prefix | null {
  const [address = "", length = "", ...rest] = text.split("/");
  const host = hostOf(address);
  const bits = Number(length);
  if (!host || rest.length > 0 || !/^\d{1,3}$/.test(length) || bits > host.length) return null;
  return blockAt(host, host.first, bits);
}

/** The address that `hosts` gives a name, which may stand behind `host:`. */
export function hostCalled(name: string, hosts: Readonly<Record<string, string>>): string | undefined {
  const plain = name.replace(/^host:/, "");
  return Object.hasOwn(hosts, plain) ? hosts[plain] : undefined;
}

/** The smallest list of prefixes for `first-last`. Null where the text is no range. */
export function readRange(text: string): Prefix[] | null {
  const [low, high] = text.split("-").map((part) => hostOf(part.trim()));
  if (!low || !high || low.version !== high.version || low.first > high.first) return null;
  const blocks: Prefix[] = [];
  for (let next = low.first; next <= high.first; next = (blocks.at(-1)?.last ?? next) + 1n) {
    let bits = low.length;
    for (;;) {
      const larger = blockAt(low, next, bits - 1);
      if (bits === 0 || larger.first !== next || larger.last > high.first) break;
      bits -= 1;
    }
    blocks.push(blockAt(low, next, bits));
  }
  return blocks;
}

/** The block of so many bits around the address, in the family of the host. */
function blockAt({ version, length }: Prefix, address: bigint, bits: number): Prefix {
  const shift = BigInt(length - bits);
  const first = (address >> shift) << shift;
  return { version, length: bits, first, last: first | ((1n << shift) - 1n) };
}
