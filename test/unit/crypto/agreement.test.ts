import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { native, noble } from "./support.ts";

/** Whatever one backend makes, the other one takes; whatever one refuses, the other one refuses. */

const SEED = 20261124;
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Uint8Array.from(array));
const upTo = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Uint8Array.from(array));

/** A place to flip a bit, as a share of the length. */
const place = fc.record({ at: fc.double({ min: 0, max: 0.999999, noNaN: true }), bit: fc.nat(7) });
function flip(original: Uint8Array, { at, bit }: { at: number; bit: number }): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(original);
  const index = Math.floor(at * copy.length);
  copy[index] = (copy[index] ?? 0) ^ (1 << bit);
  return copy;
}

const PAIRS = [
  [noble, native],
  [native, noble],
] as const;

describe("the backends are equal", () => {
  it("in digests and tags", async () => {
    await fc.assert(
      fc.asyncProperty(upTo(300), fc.uint8Array({ minLength: 1, maxLength: 200 }), async (data, secret) => {
        expect(await native.sha256(data)).toEqual(await noble.sha256(data));
        expect(await native.sha512(data)).toEqual(await noble.sha512(data));
        expect(await native.sha3_256(data)).toEqual(await noble.sha3_256(data));
        const tag = await (await native.hmacSha256.key(secret)).sign(data);
        expect(tag).toEqual(await (await noble.hmacSha256.key(secret)).sign(data));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it("in AES-256-GCM", async () => {
    await fc.assert(
      fc.asyncProperty(
        bytes(32),
        bytes(12),
        upTo(200),
        upTo(50),
        place,
        async (secret, nonce, text, associated, where) => {
          const [one, other] = [await native.aes256Gcm.key(secret), await noble.aes256Gcm.key(secret)];
          const sealed = await one.seal(nonce, text, associated);
          expect(await other.seal(nonce, text, associated)).toEqual(sealed);
          for (const key of [one, other]) {
            expect(await key.open(nonce, sealed, associated)).toEqual({ ok: true, value: text });
            for (const attempt of [
              key.open(nonce, flip(sealed, where), associated),
              key.open(flip(nonce, where), sealed, associated),
              key.open(nonce, sealed, Uint8Array.of(...associated, 0)),
              key.open(nonce, sealed.subarray(0, 15), associated),
              key.open(nonce.subarray(1), sealed, associated),
            ]) {
              expect(await attempt).toEqual({ ok: false, error: "NOT_AUTHENTIC" });
            }
          }
        },
      ),
      { seed: SEED, numRuns: 50 },
    );
  });

  it("in Ed25519", async () => {
    await fc.assert(
      fc.asyncProperty(bytes(32), upTo(100), place, async (seed, message, where) => {
        const [one, other] = [await native.ed25519.key(seed), await noble.ed25519.key(seed)];
        const signature = await one.sign(message);
        expect(other.publicKey).toEqual(one.publicKey);
        expect(await other.sign(message)).toEqual(signature);
        for (const { ed25519 } of [native, noble]) {
          expect(await ed25519.verify(one.publicKey, message, signature)).toBe(true);
          expect(await ed25519.verify(one.publicKey, message, flip(signature, where))).toBe(false);
          expect(await ed25519.verify(flip(one.publicKey, where), message, signature)).toBe(false);
        }
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  it("in Ed25519 verification of whatever bytes", async () => {
    await fc.assert(
      fc.asyncProperty(bytes(32), upTo(20), bytes(64), async (publicKey, message, signature) => {
        expect(await native.ed25519.verify(publicKey, message, signature)).toBe(
          await noble.ed25519.verify(publicKey, message, signature),
        );
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it("in X25519", async () => {
    await fc.assert(
      fc.asyncProperty(bytes(32), bytes(32), async (seed, point) => {
        const [one, other] = [await native.x25519.key(seed), await noble.x25519.key(seed)];
        expect(other.publicKey).toEqual(one.publicKey);
        expect(await other.agree(point)).toEqual(await one.agree(point));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it.each(["composite", "mlDsa65"] as const)("in %s", async (name) => {
    await fc.assert(
      fc.asyncProperty(bytes(64), upTo(100), upTo(255), place, async (seed, message, context, where) => {
        for (const [signer, verifier] of PAIRS) {
          const key = await signer[name].key(seed.subarray(0, signer[name].lengths.seed));
          const signature = await key.sign(message, context);
          const verify = (candidate: Uint8Array, under: Uint8Array) =>
            verifier[name].verify(key.publicKey, message, candidate, under);
          expect(await verify(signature, context)).toBe(true);
          expect(await verify(flip(signature, where), context)).toBe(false);
          expect(await verify(signature, Uint8Array.of(...context.subarray(0, 254), 7, 7))).toBe(false);
          expect(await verifier[name].verify(flip(key.publicKey, where), message, signature, context)).toBe(
            false,
          );
        }
      }),
      { seed: SEED, numRuns: 15 },
    );
  });

  it.each(["xWing", "mlKem768"] as const)("in %s", async (name) => {
    await fc.assert(
      fc.asyncProperty(bytes(64), place, async (whole, where) => {
        const seed = whole.subarray(0, noble[name].lengths.seed);
        for (const [sender, receiver] of PAIRS) {
          const key = await receiver[name].key(seed);
          const again = await sender[name].key(seed);
          expect(again.publicKey).toEqual(key.publicKey);
          const sent = await sender[name].encapsulate(key.publicKey);
          if (!sent.ok) throw new Error("refused an honest key");
          expect(await key.decapsulate(sent.value.ciphertext)).toEqual({
            ok: true,
            value: sent.value.sharedSecret,
          });
          const tampered = flip(sent.value.ciphertext, where);
          const secret = await key.decapsulate(tampered);
          expect(await again.decapsulate(tampered)).toEqual(secret);
          expect(secret).not.toEqual({ ok: true, value: sent.value.sharedSecret });
        }
      }),
      { seed: SEED, numRuns: 25 },
    );
  });
});
