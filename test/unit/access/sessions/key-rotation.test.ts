import fc from "fast-check";
import { expect, test } from "vitest";
import type { AssertionKey } from "../../../../shared/access/sessions/coordinator.ts";
import {
  OVERLAP_MS,
  planRotation,
  publishedOrder,
  SIGNING_PERIOD_MS,
} from "../../../../shared/access/sessions/key-rotation.ts";

type Key = Pick<AssertionKey, "kid" | "alg" | "notBefore" | "expiresAt">;
const T = 1_700_000_000_000;
let made = 0;

function rotate(keys: readonly Key[], now: number): { keys: Key[]; nextAt: number } {
  const plan = planRotation(keys, now);
  const kept = keys.filter((key) => !plan.retire.includes(key.kid));
  return { keys: [...kept, ...plan.make.map((key) => ({ ...key, kid: `k${made++}` }))], nextAt: plan.nextAt };
}

test("the first use makes a signing key and the next one of each algorithm", () => {
  const { keys, nextAt } = rotate([], T);
  expect(keys.map((key) => [key.alg, key.notBefore - T])).toEqual([
    ["ES256", 0],
    ["ES256", SIGNING_PERIOD_MS],
    ["EdDSA", 0],
    ["EdDSA", SIGNING_PERIOD_MS],
  ]);
  expect(nextAt).toBe(T + SIGNING_PERIOD_MS);
  expect(planRotation(keys, T + 1)).toMatchObject({ retire: [], make: [] });
});

test("at the end of a period the next key signs and the old one stays published for the overlap", () => {
  const first = rotate([], T).keys;
  const at = T + SIGNING_PERIOD_MS;
  const second = rotate(first, at).keys;
  expect(second).toHaveLength(6);
  const order = publishedOrder(second, at);
  expect(order.slice(0, 2).map((key) => key.notBefore)).toEqual([at, at]);
  expect(order.slice(-2).map((key) => key.notBefore)).toEqual([T, T]);
  expect(rotate(second, at + OVERLAP_MS).keys).toHaveLength(4);
});

test("with alarms on time, a key signs only after it was published for a whole period", () => {
  let { keys, nextAt } = rotate([], T);
  const publishedAt = new Map(keys.map((key) => [key.kid, T]));
  for (let round = 0; round < 30; round++) {
    const now = nextAt;
    ({ keys, nextAt } = rotate(keys, now));
    for (const key of keys) if (!publishedAt.has(key.kid)) publishedAt.set(key.kid, now);
    for (const key of keys) {
      if (key.notBefore > T) expect(key.notBefore - (publishedAt.get(key.kid) ?? 0)).toBe(SIGNING_PERIOD_MS);
    }
  }
});

test("whenever the alarm comes, each algorithm has one key that signs and one to come", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3 * SIGNING_PERIOD_MS }), { maxLength: 12 }), (waits) => {
      let now = T;
      let { keys } = rotate([], now);
      for (const wait of waits) {
        now += wait;
        const next = rotate(keys, now);
        keys = next.keys;
        expect(next.nextAt).toBeGreaterThan(now);
        for (const alg of ["ES256", "EdDSA"]) {
          const mine = publishedOrder(keys, now).filter((key) => key.alg === alg);
          expect(mine.length).toBeGreaterThanOrEqual(2);
          expect(mine[0]?.notBefore).toBeLessThanOrEqual(now);
          expect(mine[0]?.expiresAt).toBeGreaterThan(now + OVERLAP_MS);
          expect(mine.filter((key) => key.notBefore > now)).toHaveLength(1);
        }
      }
    }),
    { seed: 20261124 },
  );
});
