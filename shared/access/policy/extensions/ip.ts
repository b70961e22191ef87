import { fail } from "../errors.ts";

/** An address or a range in CIDR notation. IPv4 is stored as numbers, IPv6 as bigints. Both compare natively. */
export class IpAddress {
  readonly type = "ipaddr";
  readonly version: 4 | 6;
  readonly prefix: number;
  readonly address: number | bigint;
  readonly first: number | bigint;
  readonly last: number | bigint;

  constructor(version: 4 | 6, address: number | bigint, prefix: number) {
    this.version = version;
    this.address = address;
    this.prefix = prefix;
    if (version === 4) {
      const size = 2 ** (32 - prefix);
      this.first = Number(address) - (Number(address) % size);
      this.last = this.first + size - 1;
    } else {
      const hostBits = BigInt(128 - prefix);
      this.first = (BigInt(address) >> hostBits) << hostBits;
      this.last = this.first + (1n << hostBits) - 1n;
    }
  }

  get key(): string {
    return `i${this.version}.${this.address}/${this.prefix};`;
  }
}

const IPV4_PART = /^(?:0|[1-9][0-9]{0,2})$/;
const IPV6_PART = /^[0-9a-fA-F]{1,4}$/;
const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/;
/** Eight groups of four digits with seven colons, a slash and three digits. */
const MAX_LENGTH = 43;

export function parseIp(text: string): IpAddress {
  if (text.length > MAX_LENGTH) fail("invalid IP address: too long");
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const version = address.includes(":") ? 6 : 4;
  const bits = version === 4 ? 32 : 128;
  const prefix = slash < 0 ? bits : prefixLength(text.slice(slash + 1), bits);
  return new IpAddress(version, version === 4 ? ipv4(address) : ipv6(address), prefix);
}

function prefixLength(text: string, bits: number): number {
  const prefix = PREFIX.test(text) ? Number(text) : fail("invalid IP prefix");
  return prefix <= bits ? prefix : fail(`the IP prefix is larger than ${bits}`);
}

function ipv4(text: string): number {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => IPV4_PART.test(part) && Number(part) < 256)) {
    fail("invalid IPv4 address");
  }
  return parts.reduce((address, part) => address * 256 + Number(part), 0);
}

/** An IPv6 text that contains an IPv4 address is refused, as Cedar does. */
function ipv6(text: string): bigint {
  const halves = text.split("::");
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  const parts = [...head, ...tail];
  const complete = halves.length === 1 ? missing === 0 : halves.length === 2 && missing >= 1;
  if (!complete || !parts.every((part) => IPV6_PART.test(part))) fail("invalid IPv6 address");
  const groups = [...head, ...Array<string>(missing).fill("0"), ...tail];
  return groups.reduce((address, part) => (address << 16n) | BigInt(`0x${part}`), 0n);
}

export function isInRange(ip: IpAddress, range: IpAddress): boolean {
  return ip.version === range.version && ip.first >= range.first && ip.last <= range.last;
}

export function isLoopback(ip: IpAddress): boolean {
  return isInRange(ip, ip.version === 4 ? IPV4_LOOPBACK : IPV6_LOOPBACK);
}

export function isMulticast(ip: IpAddress): boolean {
  return isInRange(ip, ip.version === 4 ? IPV4_MULTICAST : IPV6_MULTICAST);
}

const IPV4_LOOPBACK = parseIp("127.0.0.0/8");
const IPV6_LOOPBACK = parseIp("::1");
const IPV4_MULTICAST = parseIp("224.0.0.0/4");
const IPV6_MULTICAST = parseIp("ff00::/8");
