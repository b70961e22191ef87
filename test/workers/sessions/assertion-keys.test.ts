import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { OVERLAP_MS, SIGNING_PERIOD_MS } from "../../../shared/access/sessions/key-rotation.ts";
import { coordinator, coordinatorStub, wait } from "./world.ts";

afterEach(() => {
  vi.useRealTimers();
});

const kids = async () => (await coordinator.assertionKeys()).keys.map(({ kid }) => kid);

const storedKids = () =>
  runInDurableObject(coordinatorStub, (_object, { storage }) =>
    storage.sql
      .exec<{ kid: string }>("SELECT kid FROM assertion_keys ORDER BY kid")
      .toArray()
      .map(({ kid }) => kid),
  );

test("keys are one set, two of each algorithm, whoever asks first; they outlive eviction and rotate by alarm", async () => {
  // Inside of the object, so that the calls certainly overlap.
  const sets = await runInDurableObject(coordinatorStub, (object) =>
    Promise.all(Array.from({ length: 10 }, () => object.assertionKeys())),
  );
  const first = await kids();
  for (const { keys } of sets) expect(keys.map(({ kid }) => kid)).toEqual(first);
  expect(await storedKids()).toEqual([...first].sort());
  const { keys } = await coordinator.assertionKeys();
  expect(keys.map(({ alg }) => alg)).toEqual(["ES256", "EdDSA", "ES256", "EdDSA"]);
  expect(keys.every(({ jwk }) => typeof jwk.d === "string")).toBe(true);
  const [now, , next] = keys;
  expect((next?.notBefore ?? 0) - (now?.notBefore ?? 0)).toBe(SIGNING_PERIOD_MS);
  await evictDurableObject(coordinatorStub);
  expect(await kids()).toEqual(first);

  // The next keys sign; the first ones are published until nothing signed by them can be valid.
  wait(SIGNING_PERIOD_MS);
  expect(await runDurableObjectAlarm(coordinatorStub)).toBe(true);
  const second = await kids();
  expect(second).toHaveLength(6);
  expect(second.slice(0, 2)).toEqual(first.slice(2));
  expect(second).toEqual(expect.arrayContaining(first));

  // Then they are gone from the store too, private halves included, though no new ones are made.
  wait(OVERLAP_MS);
  expect(await runDurableObjectAlarm(coordinatorStub)).toBe(true);
  expect(await storedKids()).toEqual(second.filter((kid) => !first.slice(0, 2).includes(kid)).sort());
});
