import { describe, expect, it } from "vitest";
import { ok } from "../../../shared/base/result.ts";
import { noblePrimitives } from "../../../shared/crypto/noble/primitives.ts";
import { strict } from "../../../shared/crypto/strict.ts";
import { random, unhex } from "./support.ts";

/** What a backend takes that checks nothing: only what stands in front of it can refuse then. */
const real = noblePrimitives(random);
const careless = strict({
  ...real,
  ed25519: { ...real.ed25519, verify: async () => true },
  mlDsa65: { ...real.mlDsa65, verify: async () => true },
  x25519: { ...real.x25519, key: async () => ({ publicKey: random(32), agree: async () => ok(random(32)) }) },
  mlKem768: {
    ...real.mlKem768,
    key: async () => ({ publicKey: random(1184), decapsulate: async () => ok(random(32)) }),
    encapsulate: async () => ok({ ciphertext: random(1088), sharedSecret: random(32) }),
  },
});

/** The order of Ed25519's base point, and what is one less. */
const ORDER = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
const BELOW = "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
const BASE = "5866666666666666666666666666666666666666666666666666666666666666";

describe("what stands in front of a careless backend", () => {
  it("refuses Ed25519 signatures by their form", async () => {
    const verify = (publicKey: string, signature: string) =>
      careless.ed25519.verify(unhex(publicKey), random(3), unhex(signature));
    expect(await verify(BASE, BASE + BELOW)).toBe(true);
    expect(await verify(BASE, BASE + ORDER)).toBe(false);
    expect(await verify(BASE, BASE + "ff".repeat(32))).toBe(false);
    expect(await verify(BASE, "01".padEnd(64, "0") + BELOW)).toBe(false);
    expect(await verify("01".padEnd(64, "0"), BASE + BELOW)).toBe(false);
    expect(await verify(`ee${"ff".repeat(30)}7f`, BASE + BELOW)).toBe(false);
    expect(await verify(BASE, BASE)).toBe(false);
    expect(await verify(BASE.slice(2), BASE + BELOW)).toBe(false);
  });

  it("refuses ML-DSA-65 by lengths", async () => {
    const verify = (publicKey: number, signature: number, context: number) =>
      careless.mlDsa65.verify(random(publicKey), random(3), random(signature), random(context));
    expect(await verify(1952, 3309, 255)).toBe(true);
    expect(await verify(1951, 3309, 0)).toBe(false);
    expect(await verify(1952, 3310, 0)).toBe(false);
    expect(await verify(1952, 3309, 256)).toBe(false);
  });

  it("refuses X25519 points that make no secret", async () => {
    const key = await careless.x25519.key(random(32));
    expect(await key.agree(unhex("09".padEnd(64, "0")))).toMatchObject({ ok: true });
    expect(await key.agree(new Uint8Array(32))).toEqual({ ok: false, error: "SMALL_ORDER_POINT" });
    expect(await key.agree(new Uint8Array(31))).toEqual({ ok: false, error: "MALFORMED_KEY" });
    expect(await key.agree(new Uint8Array(32).fill(255))).toEqual({ ok: false, error: "MALFORMED_KEY" });
  });

  it("refuses ML-KEM-768 keys by length and modulus, at every coefficient", async () => {
    const zeros = () => new Uint8Array(1184);
    expect(await careless.mlKem768.encapsulate(zeros())).toMatchObject({ ok: true });
    for (let at = 0; at < 768; at++) {
      // 3328 is the largest element of the field, 3329 is none.
      for (const [coefficient, fine] of [
        [3328, true],
        [3329, false],
      ] as const) {
        const key = zeros();
        const byte = Math.floor(at / 2) * 3;
        if (at % 2 === 0) key.set([coefficient & 255, coefficient >> 8], byte);
        else key.set([(coefficient & 15) << 4, coefficient >> 4], byte + 1);
        expect((await careless.mlKem768.encapsulate(key)).ok).toBe(fine);
      }
    }
    expect(await careless.mlKem768.encapsulate(random(1183))).toEqual({ ok: false, error: "MALFORMED_KEY" });
    const key = await careless.mlKem768.key(random(64));
    expect(await key.decapsulate(random(1087))).toEqual({ ok: false, error: "MALFORMED_CIPHERTEXT" });
  });
});
