import { isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  classify,
  formatAddress,
  parseAddress,
  parseIPv4,
  parseIPv4Loosely,
  parseIPv6,
} from "../../../shared/net/address.ts";

const SEED = 20261124;
const classOf = (text: string) => {
  const address = parseAddress(text);
  return address && classify(address);
};

describe("parsing", () => {
  test.each([
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "256.1.1.1",
    "1.2.3.4 ",
    "",
    "1..2.3",
    "0x1.2.3.4",
    "１.2.3.4",
  ])("%j is not dotted decimal", (text) => expect(parseIPv4(text)).toBeNull());

  test.each([
    "127.1",
    "0x7f.1",
    "2130706433",
    "0177.0.0.1",
    "0x7F000001",
    "127.0.0.1.",
    "017700000001",
    "127.0.1",
  ])("%s is loopback to a lenient parser", (text) =>
    expect(parseIPv4Loosely(text)).toEqual({ version: 4, bytes: [127, 0, 0, 1] }),
  );

  test.each(["4294967296", "1.2.3.256", "256.1", "1.16777216", "08.1", "a", "", "1.2.3.4.5", "0xg"])(
    "%j is no IPv4 address in any form",
    (text) => expect(parseIPv4Loosely(text)).toBeNull(),
  );

  test("lenient parsing agrees with the URL parser", () => {
    const part = fc.oneof(
      fc.nat(300).map(String),
      fc.nat(70_000).map((n) => `0x${n.toString(16)}`),
      fc.nat(300).map((n) => `0${n.toString(8)}`),
      fc.nat(4_294_967_295).map(String),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const text = parts.join(".");
        const expected = URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`).hostname : null;
        const address = parseIPv4Loosely(text);
        expect(address && formatAddress(address)).toBe(expected);
      }),
      { seed: SEED, numRuns: 5_000 },
    );
  });

  test("IPv6 agrees with Node on what is one", () => {
    const piece = fc.constantFrom(":", "::", "0", "1", "ffff", "abcd", "12345", "1.2.3.4", "g", "");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const text = pieces.join("");
        expect(parseIPv6(text) !== null).toBe(isIPv6(text));
      }),
      { seed: SEED, numRuns: 20_000 },
    );
  });

  test("IPv6 is written as the URL parser writes it, and reads back the same", () => {
    const word = fc.oneof(fc.constant(0), fc.nat(0xffff));
    fc.assert(
      fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
        const bytes = words.flatMap((value) => [value >> 8, value & 255]);
        const text = formatAddress({ version: 6, bytes });
        expect(text).toBe(
          new URL(`http://[${words.map((w) => w.toString(16)).join(":")}]/`).hostname.slice(1, -1),
        );
        expect(parseIPv6(text)).toEqual({ version: 6, bytes });
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });

  test("an IPv4-mapped address is the IPv4 address (S-33)", () => {
    expect(parseAddress("::ffff:192.0.2.1")).toEqual(parseAddress("192.0.2.1"));
    expect(parseAddress("::FFFF:7f00:1")).toEqual(parseAddress("127.0.0.1"));
  });
});

describe("S-42 classes", () => {
  test.each([
    ["1.1.1.1", "public"],
    ["0.1.2.3", "unspecified"],
    ["10.255.0.1", "private"],
    ["100.63.255.255", "public"],
    ["100.64.0.0", "carrier_grade_nat"],
    ["100.127.255.255", "carrier_grade_nat"],
    ["100.128.0.0", "public"],
    ["127.255.255.254", "loopback"],
    ["169.254.169.254", "link_local"],
    ["172.15.255.255", "public"],
    ["172.31.255.255", "private"],
    ["172.32.0.0", "public"],
    ["192.168.0.1", "private"],
    ["192.0.0.8", "reserved"],
    ["198.18.0.1", "benchmark"],
    ["198.19.255.255", "benchmark"],
    ["198.20.0.0", "public"],
    ["203.0.113.7", "documentation"],
    ["224.0.0.1", "multicast"],
    ["255.255.255.255", "reserved"],
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["::ffff:10.0.0.1", "private"],
    ["::127.0.0.1", "reserved"],
    ["64:ff9b::7f00:1", "translated"],
    ["64:ff9b:1::1", "translated"],
    ["100::1", "reserved"],
    ["2001:db8::1", "documentation"],
    ["2001:2::1", "benchmark"],
    ["2001::1", "reserved"],
    ["2002:7f00:1::", "translated"],
    ["2606:4700:4700::1111", "public"],
    ["2a00:1450::1", "public"],
    ["3fff::1", "documentation"],
    ["4000::1", "reserved"],
    ["fc00::1", "private"],
    ["fd00::1", "private"],
    ["fe80::1", "link_local"],
    ["febf::1", "link_local"],
    ["fec0::1", "private"],
    ["ff02::1", "multicast"],
  ])("%s is %s", (text, kind) => expect(classOf(text)).toBe(kind));
});
