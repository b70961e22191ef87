import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { Outbox } from "../../../durable-objects/storage/outbox.ts";

/** An outbox in rows of its own object; the object itself is never asked anything. */
function withOutbox(name: string, use: (outbox: Outbox<string>) => void): Promise<void> {
  const stub = env.NETWORK_COORDINATOR.get(env.NETWORK_COORDINATOR.idFromName(name));
  return runInDurableObject(stub, (_object, { storage }) => use(new Outbox<string>(storage.sql)));
}

const LATER = 3_600_000;
const payloads = (outbox: Outbox<string>) => outbox.due(LATER, 10).map(({ payload }) => payload);

test("a newer payload replaces the older one, whose delivery settles nothing", () =>
  withOutbox("outbox-newer", (outbox) => {
    const older = outbox.put("a", "older", 0);
    const newer = outbox.put("a", "newer", 0);
    outbox.settle(older);
    expect(payloads(outbox)).toEqual(["newer"]);
    outbox.settle(newer);
    expect(payloads(outbox)).toEqual([]);
  }));

test("a second delivery of a settled job settles no later job of its key", () =>
  withOutbox("outbox-late", (outbox) => {
    const first = outbox.put("a", "first", 0);
    outbox.settle(first);
    outbox.put("a", "second", 0);
    outbox.settle(first);
    expect(payloads(outbox)).toEqual(["second"]);
  }));

test("waits grow to a minute, and a failure of the older job delays the newer one not at all", () =>
  withOutbox("outbox-waits", (outbox) => {
    let job = outbox.put("a", "a", 0);
    const waits: (number | null)[] = [outbox.nextDue()];
    for (let n = 0; n < 7; n++) {
      outbox.postpone(job, 0);
      waits.push(outbox.nextDue());
      job = outbox.due(LATER, 1)[0] ?? job;
    }
    expect(waits).toEqual([2_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    outbox.put("a", "newer", 0);
    outbox.postpone(job, 0);
    expect(outbox.nextDue()).toBe(2_000);
  }));
