import { describe, expect, it } from "vitest";
import { where } from "../../support/needs.ts";
import { both, native, noble, random, unbase64, vectors } from "./support.ts";

interface Published {
  readonly m: string;
  readonly ctx: string;
  readonly tests: readonly {
    readonly tcId: string;
    readonly pk: string;
    readonly sk: string;
    readonly s: string;
    readonly sWithContext: string;
  }[];
}

const published = vectors<Published>("composite-mldsa65-ed25519.json");
const EMPTY = new Uint8Array(0);
const MESSAGE = new TextEncoder().encode("a signed thing");
const CONTEXT = new TextEncoder().encode("rustronaut/v1/test");

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe.each(both)("the composite signature by the %s backend", (_, { composite }) => {
  where("data").it("is the draft's", async () => {
    const message = unbase64(published?.m ?? "");
    const context = unbase64(published?.ctx ?? "");
    expect(published?.tests.map(({ tcId }) => tcId)).toEqual(["id-MLDSA65-Ed25519-SHA512"]);
    for (const { pk, sk, s, sWithContext } of published?.tests ?? []) {
      const publicKey = unbase64(pk);
      const verify = (signature: string, under: Uint8Array) =>
        composite.verify(publicKey, message, unbase64(signature), under);
      expect(await verify(s, EMPTY)).toBe(true);
      expect(await verify(sWithContext, context)).toBe(true);
      expect(await verify(s, context)).toBe(false);
      expect(await verify(sWithContext, EMPTY)).toBe(false);
      const key = await composite.key(unbase64(sk));
      expect(key.publicKey).toEqual(publicKey);
      for (const other of [native, noble]) {
        const signature = await key.sign(message, context);
        expect(await other.composite.verify(publicKey, message, signature, context)).toBe(true);
      }
    }
  });

  it("holds only when both halves do", async () => {
    const key = await composite.key(random(64));
    const signature = await key.sign(MESSAGE, CONTEXT);
    const verify = (candidate: Uint8Array) => composite.verify(key.publicKey, MESSAGE, candidate, CONTEXT);
    expect(await verify(signature)).toBe(true);
    for (const at of [0, 1000, 3308, 3309, 3340, 3341, 3372]) {
      expect(await verify(changed(signature, at))).toBe(false);
    }
    // Each half alone, the other one of another key, and the halves in the wrong order.
    const stranger = await (await composite.key(random(64))).sign(MESSAGE, CONTEXT);
    const lattice = signature.subarray(0, 3309);
    const curve = signature.subarray(3309);
    for (const halves of [
      [lattice],
      [curve],
      [lattice, new Uint8Array(64)],
      [new Uint8Array(3309), curve],
      [lattice, stranger.subarray(3309)],
      [stranger.subarray(0, 3309), curve],
      [curve, lattice],
      [lattice, curve, new Uint8Array(1)],
    ]) {
      expect(await verify(Buffer.concat(halves))).toBe(false);
    }
  });

  it("holds only for its message, context and key", async () => {
    const key = await composite.key(random(64));
    const signature = await key.sign(MESSAGE, CONTEXT);
    expect(await composite.verify(key.publicKey, changed(MESSAGE, 0), signature, CONTEXT)).toBe(false);
    expect(await composite.verify(key.publicKey, MESSAGE, signature, EMPTY)).toBe(false);
    expect(await composite.verify(key.publicKey, MESSAGE, signature, new Uint8Array(256))).toBe(false);
    for (const at of [0, 1951, 1952, 1983]) {
      expect(await composite.verify(changed(key.publicKey, at), MESSAGE, signature, CONTEXT)).toBe(false);
    }
    expect(await composite.verify(key.publicKey.subarray(1), MESSAGE, signature, CONTEXT)).toBe(false);
  });

  it("takes no curve key of small order, for which a forger needs no secret", async () => {
    const key = await composite.key(random(64));
    const signature = await key.sign(MESSAGE, CONTEXT);
    const publicKey = key.publicKey.slice();
    // The neutral element as the key: R = [S]B then verifies any message.
    publicKey.set([1, ...new Array<number>(31).fill(0)], 1952);
    expect(await composite.verify(publicKey, MESSAGE, signature, CONTEXT)).toBe(false);
  });

  it("refuses seeds and contexts of its own side that have the wrong length", async () => {
    await expect(composite.key(random(32))).rejects.toThrow(RangeError);
    const key = await composite.key(random(64));
    await expect(key.sign(MESSAGE, new Uint8Array(256))).rejects.toThrow(RangeError);
  });
});
