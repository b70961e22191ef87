import { ed25519 as curve } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { where } from "../../support/needs.ts";
import { both, native, noble, random, unhex, vectors } from "./support.ts";

interface Edge {
  readonly number: number;
  readonly key: string;
  readonly sig: string;
  readonly msg: string;
  readonly flags: readonly string[] | null;
}

const edges = vectors<readonly Edge[]>("cctv-ed25519vectors.json.gz");
/** What makes C2SP's signature unacceptable here, whatever a library says. */
const REFUSED = new Set([
  "low_order_A",
  "low_order_R",
  "non_canonical_A",
  "non_canonical_R",
  "low_order_residue",
]);

describe("Ed25519", () => {
  where("data").it("refuses C2SP's edge cases and takes the rest, by either backend", async () => {
    const wrong: number[] = [];
    let accepted = 0;
    for (const { number, key, sig, msg, flags } of edges ?? []) {
      const message = new TextEncoder().encode(msg);
      const expected = !(flags ?? []).some((flag) => REFUSED.has(flag));
      for (const [, { ed25519 }] of both) {
        if ((await ed25519.verify(unhex(key), message, unhex(sig))) !== expected) wrong.push(number);
      }
      if (expected) accepted++;
    }
    expect(wrong).toEqual([]);
    expect(accepted).toBeGreaterThan(0);
  });

  it.each(both)("refuses a second form of a signature by the %s backend", async (_, { ed25519 }) => {
    const key = await ed25519.key(random(32));
    const message = random(20);
    const signature = await key.sign(message);
    expect(await ed25519.verify(key.publicKey, message, signature)).toBe(true);
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`);
    const malleable = signature.slice();
    const larger = (s + curve.Point.Fn.ORDER).toString(16).padStart(64, "0");
    malleable.set(Buffer.from(larger, "hex").reverse(), 32);
    expect(await ed25519.verify(key.publicKey, message, malleable)).toBe(false);
  });

  it.each(both)("refuses other lengths by the %s backend", async (_, { ed25519 }) => {
    const key = await ed25519.key(random(32));
    const signature = await key.sign(random(0));
    for (const length of [0, 32, 63, 65, 96]) {
      const candidate = new Uint8Array(length);
      candidate.set(signature.subarray(0, length));
      expect(await ed25519.verify(key.publicKey, random(0), candidate)).toBe(false);
    }
    expect(await ed25519.verify(key.publicKey.subarray(1), random(0), signature)).toBe(false);
    await expect(ed25519.key(random(31))).rejects.toThrow(RangeError);
  });
});

/** u of the points of small order, and encodings that are not reduced, as RFC 7748 §7 and its errata discuss them. */
const SMALL_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];
const NOT_REDUCED = [
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0900000000000000000000000000000000000000000000000000000000000080",
  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

describe.each(both)("X25519 by the %s backend", (_, { x25519 }) => {
  it("refuses points that make no secret", async () => {
    const key = await x25519.key(random(32));
    for (const point of SMALL_ORDER) {
      expect(await key.agree(unhex(point))).toEqual({ ok: false, error: "SMALL_ORDER_POINT" });
    }
    for (const point of [...NOT_REDUCED, "09", "", "00".repeat(33)]) {
      expect(await key.agree(unhex(point))).toEqual({ ok: false, error: "MALFORMED_KEY" });
    }
  });

  it("agrees with the other side, whoever computes there", async () => {
    const key = await x25519.key(random(32));
    for (const other of [native, noble]) {
      const peer = await other.x25519.key(random(32));
      expect(await key.agree(peer.publicKey)).toEqual(await peer.agree(key.publicKey));
    }
  });
});
