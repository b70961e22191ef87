import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PerSecond } from "../../../../shared/base/async/per-second.ts";
import { settleAll } from "../../../../shared/base/async/pool.ts";
import { backoffMs, retry } from "../../../../shared/base/async/retry.ts";
import { Sample } from "../../../../shared/base/async/sample.ts";
import { SerialQueue } from "../../../../shared/base/async/serial-queue.ts";
import { singleFlight } from "../../../../shared/base/async/single-flight.ts";
import type { Timer } from "../../../../shared/base/async/timer.ts";
import { TimedOut, within } from "../../../../shared/base/async/within.ts";

/** A clock that stands until somebody turns it. */
function clock() {
  const set = new Set<{ readonly at: number; readonly ring: () => void }>();
  let now = 0;
  const timer: Timer = (ms, ring) => {
    const each = { at: now + ms, ring };
    set.add(each);
    return () => set.delete(each);
  };
  /** To the next time that something is due, until nothing is. */
  const run = async () => {
    for (;;) {
      await settled();
      const [next] = [...set].sort((a, b) => a.at - b.at);
      if (!next) return;
      now = next.at;
      set.delete(next);
      next.ring();
    }
  };
  return { timer, run, waiting: () => set.size, now: () => now };
}

/** When every promise that can settle without a timer has. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a time-out", () => {
  test("I8: gives what comes in time, and leaves no timer behind", async () => {
    const { timer, waiting } = clock();
    expect(await within(timer, 10, Promise.resolve("here"))).toBe("here");
    await expect(within(timer, 10, Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(waiting()).toBe(0);
  });

  test("I8: says so when nothing comes in time, and a late failure is nobody's", async () => {
    const { timer, run, now } = clock();
    const { promise, reject } = Promise.withResolvers<never>();
    const given = expect(within(timer, 10, promise)).rejects.toThrow(TimedOut);
    await run();
    await given;
    reject(new Error("late"));
    await settled();
    expect(now()).toBe(10);
  });
});

describe("a pool", () => {
  test("I8: does everything once, never more than its width at a time, and keeps the order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ ms: fc.nat(20), fails: fc.boolean() }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 8 }),
        async (items, width) => {
          const { timer, run } = clock();
          let busy = 0;
          let most = 0;
          const done = settleAll([...items.entries()], width, async ([at, { ms, fails }]) => {
            most = Math.max(most, ++busy);
            await new Promise<void>((resolve) => timer(ms, resolve));
            busy--;
            if (fails) throw at;
            return at;
          });
          await run();
          const results = await done;
          expect(results).toEqual(
            items.map(({ fails }, at) =>
              fails ? { status: "rejected", reason: at } : { status: "fulfilled", value: at },
            ),
          );
          expect(most).toBe(Math.min(width, items.length));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("a retry", () => {
  test("I8: tries again after each pause and gives the first success, or the last failure", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 1_000 }), { maxLength: 5 }),
        fc.nat(7),
        async (pauses, failures) => {
          const { timer, run, now } = clock();
          let tries = 0;
          const result = retry(timer, pauses, async () => {
            if (tries++ < failures) throw tries;
            return "done";
          }).catch((error: unknown) => error);
          await run();
          const made = Math.min(failures, pauses.length);
          expect(await result).toBe(failures > pauses.length ? pauses.length + 1 : "done");
          expect(tries).toBe(made + 1);
          expect(now()).toBe(pauses.slice(0, made).reduce((sum, ms) => sum + ms, 0));
        },
      ),
      { numRuns: 50 },
    );
  });

  test("I8: waits twice as long after each failure, up to a bound", () => {
    expect([0, 1, 2, 3, 6, 5_000].map((failures) => backoffMs(failures, 2, 60))).toEqual([
      2, 2, 4, 8, 60, 60,
    ]);
  });
});

describe("a serial queue", () => {
  test("I8: does one thing at a time, in the order asked for, whatever fails", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ ms: fc.nat(20), fails: fc.boolean() }), { maxLength: 20 }),
        async (items) => {
          const { timer, run } = clock();
          const queue = new SerialQueue();
          const log: string[] = [];
          const turns = items.map(({ ms, fails }, at) =>
            queue.run(async () => {
              log.push(`begin ${at}`);
              await new Promise<void>((resolve) => timer(ms, resolve));
              log.push(`end ${at}`);
              if (fails) throw at;
              return at;
            }),
          );
          const idle = queue.idle().then(() => log.push("idle"));
          const results = Promise.allSettled(turns);
          await run();
          await idle;
          expect((await results).map(({ status }) => status)).toEqual(
            items.map(({ fails }) => (fails ? "rejected" : "fulfilled")),
          );
          expect(log).toEqual([...items.flatMap((_, at) => [`begin ${at}`, `end ${at}`]), "idle"]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("a single flight", () => {
  test("I8: is shared by all who come while it is under way, and begun anew after", async () => {
    const flights: PromiseWithResolvers<string>[] = [];
    const fly = singleFlight(() => {
      const flight = Promise.withResolvers<string>();
      flights.push(flight);
      return flight.promise;
    });
    const together = [fly(), fly()];
    flights[0]?.reject(new Error("fallen"));
    for (const each of together) await expect(each).rejects.toThrow("fallen");
    const next = fly();
    flights[1]?.resolve("landed");
    expect(await next).toBe("landed");
    expect(flights.length).toBe(2);
  });
});

describe("a sample of what anybody can cause", () => {
  test("U12: takes some at once, then one in a while, and counts what it leaves out", () => {
    const sample = new Sample(2, 1_000);
    expect([0, 0, 0, 500, 999].map((now) => sample.pick(now))).toEqual([0, 0, null, null, null]);
    expect([1_000, 1_000].map((now) => sample.pick(now))).toEqual([3, null]);
    // A long quiet time gives no more at once than there were at first.
    expect([60_000, 60_000, 60_000].map((now) => sample.pick(now))).toEqual([1, 0, null]);
  });
});

describe("so many a second", () => {
  test("I8: never lets more happen within a second of its own", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(400), { maxLength: 60 }), (most, steps) => {
        const bound = new PerSecond(most);
        let now = 0;
        let since = Number.NEGATIVE_INFINITY;
        let count = 0;
        for (const step of steps) {
          now += step;
          if (now - since >= 1_000) [since, count] = [now, 0];
          expect(bound.take(now)).toBe(count++ < most);
        }
      }),
    );
  });
});
