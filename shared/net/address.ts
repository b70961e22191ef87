/** Internet addresses as text and as bytes, and which of them everyone can reach. */

export type Address =
  | { readonly version: 4; readonly bytes: readonly number[] }
  | { readonly version: 6; readonly bytes: readonly number[] };

/** What kind of network an address leads to. The edge may connect only to `public` addresses. */
export type AddressClass =
  | "public"
  | "unspecified"
  | "loopback"
  | "private"
  | "link_local"
  | "carrier_grade_nat"
  | "benchmark"
  | "documentation"
  | "multicast"
  | "reserved"
  | "translated";

/** Four decimal numbers without leading zeros. Only this form is trusted as a fact. */
export function parseIPv4(text: string): Address | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return null;
  }
  return { version: 4, bytes: parts.map(Number) };
}

/**
 * Reads every form that `inet_aton` and URL parsers accept: one to four parts, each decimal, octal or
 * hexadecimal.
 */
export function parseIPv4Loosely(text: string): Address | null {
  const parts = text.replace(/\.$/, "").split(".");
  if (parts.length > 4) return null;
  const numbers: number[] = [];
  for (const part of parts) {
    const number = looseNumber(part);
    if (number === null) return null;
    numbers.push(number);
  }
  const last = numbers.pop() ?? 0;
  if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length)) return null;
  const tail = Array.from(
    { length: 4 - numbers.length },
    (_, i, length = 4 - numbers.length) => Math.floor(last / 256 ** (length - 1 - i)) % 256,
  );
  return { version: 4, bytes: [...numbers, ...tail] };
}

function looseNumber(part: string): number | null {
  if (/^0x[0-9a-f]*$/i.test(part)) return part.length === 2 ? 0 : Number.parseInt(part.slice(2), 16);
  if (/^0[0-7]*$/.test(part)) return Number.parseInt(part, 8);
  return /^[1-9]\d*$/.test(part) ? Number(part) : null;
}

/** Reads the form of RFC 4291 §2.2, without zone and without brackets. */
export function parseIPv6(text: string): Address | null {
  if (text.length > 45 || !/^[0-9a-fA-F:.]+$/.test(text)) return null;
  let groups = text;
  const dotted = /^(.*:)([^:]*\..*)$/.exec(text);
  if (dotted) {
    const v4 = parseIPv4(dotted[2] ?? "");
    if (!v4) return null;
    const [a = 0, b = 0, c = 0, d = 0] = v4.bytes;
    groups = `${dotted[1]}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  }
  const halves = groups.split("::");
  if (halves.length > 2) return null;
  const head = hextets(halves[0] ?? "");
  const tail = halves.length === 2 ? hextets(halves[1] ?? "") : [];
  if (!head || !tail) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const words = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return { version: 6, bytes: words.flatMap((word) => [word >> 8, word & 255]) };
}

function hextets(text: string): number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  return parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))
    ? parts.map((part) => Number.parseInt(part, 16))
    : null;
}

/**
 * Reads an address from the platform. An IPv4-mapped IPv6 address becomes the IPv4 address. Null if the text
 * is no address.
 */
export function parseAddress(text: string): Address | null {
  const address = text.includes(":") ? parseIPv6(text) : parseIPv4(text);
  if (address?.version === 6 && startsWith(address.bytes, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 96)) {
    return { version: 4, bytes: address.bytes.slice(12) };
  }
  return address;
}

/** The canonical text of an address (RFC 5952 for IPv6). */
export function formatAddress(address: Address): string {
  if (address.version === 4) return address.bytes.join(".");
  const words: string[] = [];
  for (let i = 0; i < 16; i += 2) {
    words.push((((address.bytes[i] ?? 0) << 8) | (address.bytes[i + 1] ?? 0)).toString(16));
  }
  const text = words.join(":");
  const zeros = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)].sort(
    (a, b) => b[0].length - a[0].length,
  )[0];
  if (!zeros) return text;
  const before = text.slice(0, zeros.index).replace(/:$/, "");
  const after = text.slice(zeros.index + zeros[0].length).replace(/^:/, "");
  return `${before}::${after}`;
}

type Range = readonly [prefix: readonly number[], bits: number, kind: AddressClass];

const V4: readonly Range[] = [
  [[0], 8, "unspecified"],
  [[10], 8, "private"],
  [[100, 64], 10, "carrier_grade_nat"],
  [[127], 8, "loopback"],
  [[169, 254], 16, "link_local"],
  [[172, 16], 12, "private"],
  [[192, 0, 0], 24, "reserved"],
  [[192, 0, 2], 24, "documentation"],
  [[192, 88, 99], 24, "translated"],
  [[192, 168], 16, "private"],
  [[198, 18], 15, "benchmark"],
  [[198, 51, 100], 24, "documentation"],
  [[203, 0, 113], 24, "documentation"],
  [[224], 4, "multicast"],
  [[240], 4, "reserved"],
];

const V6: readonly Range[] = [
  [new Array<number>(16).fill(0), 128, "unspecified"],
  [[...new Array<number>(15).fill(0), 1], 128, "loopback"],
  [[0x00, 0x64, 0xff, 0x9b], 32, "translated"],
  [[0x01, 0x00], 8, "reserved"],
  [[0x20, 0x01, 0x0d, 0xb8], 32, "documentation"],
  [[0x20, 0x01, 0x00, 0x02, 0x00, 0x00], 48, "benchmark"],
  [[0x20, 0x01, 0x00], 23, "reserved"],
  [[0x20, 0x02], 16, "translated"],
  [[0x3f, 0xff, 0x00], 20, "documentation"],
  [[0xfc], 7, "private"],
  [[0xfe, 0x80], 10, "link_local"],
  [[0xfe, 0xc0], 10, "private"],
  [[0xff], 8, "multicast"],
];

/** Classifies an address by the special-purpose registries (RFC 6890). IPv6 outside 2000::/3 is never public. */
export function classify(address: Address): AddressClass {
  const ranges = address.version === 4 ? V4 : V6;
  for (const [prefix, bits, kind] of ranges) if (startsWith(address.bytes, prefix, bits)) return kind;
  if (address.version === 4) return "public";
  return startsWith(address.bytes, [0x20], 3) ? "public" : "reserved";
}

function startsWith(bytes: readonly number[], prefix: readonly number[], bits: number): boolean {
  for (let i = 0; i * 8 < bits; i++) {
    const mask = bits - i * 8 >= 8 ? 255 : (255 << (8 - (bits - i * 8))) & 255;
    if (((bytes[i] ?? 0) & mask) !== ((prefix[i] ?? 0) & mask)) return false;
  }
  return true;
}
