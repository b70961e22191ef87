import { describe, expect, it } from "vitest";
import { hkdfExtract, hkdfSha256 } from "../../../shared/crypto/hkdf.ts";
import { both, hex, unhex } from "./support.ts";

const range = (from: number, to: number) => Uint8Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** RFC 5869 appendix A, the cases with SHA-256. */
const CASES = [
  {
    secret: new Uint8Array(22).fill(0x0b),
    salt: range(0x00, 0x0c),
    info: range(0xf0, 0xf9),
    pseudorandom: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
    output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  },
  {
    secret: range(0x00, 0x4f),
    salt: range(0x60, 0xaf),
    info: range(0xb0, 0xff),
    pseudorandom: "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
    output:
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c" +
      "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71" +
      "cc30c58179ec3e87c14c01d5c1f3434f1d87",
  },
  {
    secret: new Uint8Array(22).fill(0x0b),
    salt: new Uint8Array(0),
    info: new Uint8Array(0),
    pseudorandom: "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
    output: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  },
];

describe.each(both)("HKDF-SHA-256 by the %s backend", (_, { hmacSha256 }) => {
  it("is RFC 5869's", async () => {
    for (const { secret, salt, info, pseudorandom, output } of CASES) {
      expect(hex(await hkdfExtract(hmacSha256, salt, secret))).toBe(pseudorandom);
      const length = output.length / 2;
      expect(hex(await hkdfSha256(hmacSha256, { secret, salt, info, length }))).toBe(output);
    }
  });

  it("makes from 1 to 8,160 bytes", async () => {
    const make = (length: number) =>
      hkdfSha256(hmacSha256, { secret: unhex("01"), salt: unhex("02"), info: unhex(""), length });
    expect(await make(8_160)).toHaveLength(8_160);
    expect(hex(await make(8_160)).slice(0, 2)).toBe(hex(await make(1)));
    for (const length of [0, -1, 8_161, 1.5, Number.NaN])
      await expect(make(length)).rejects.toThrow(RangeError);
  });
});
