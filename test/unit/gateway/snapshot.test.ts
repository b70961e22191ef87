import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Bindings } from "../../../workers/platform/env.ts";
import { answeredBy } from "../../support/objects.ts";

/** One isolate: its module state, the registry it reads, and how often it was read. */
async function isolate() {
  vi.resetModules();
  const { snapshotAt } = await import("../../../workers/registry/snapshot.ts");
  const registry = {
    epoch: 1,
    reads: 0,
    /** What becomes of a read; by default it answers with no rows. */
    answer: (): Promise<unknown> => Promise.resolve(),
  };
  const bindings = {
    NETWORK_COORDINATOR: answeredBy({ epoch: async () => registry.epoch }),
    db: {
      prepare: (query: string) => query,
      batch: async (queries: readonly string[]) => {
        registry.reads += 1;
        await registry.answer();
        return queries.map(() => ({ results: [] }));
      },
    },
  } as unknown as Bindings;
  return { registry, snapshotAt: (epoch: number) => snapshotAt(bindings, epoch) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = () => new Promise<void>(() => {});

describe("requests of one isolate that need the registry at once", () => {
  test("read it once", async () => {
    const { registry, snapshotAt } = await isolate();
    const all = await Promise.all(Array.from({ length: 50 }, () => snapshotAt(1)));
    expect(registry.reads).toBe(1);
    expect(new Set(all).size).toBe(1);
  });

  test("read it again when what was read is older than what they need", async () => {
    const { registry, snapshotAt } = await isolate();
    let release = () => {};
    registry.answer = () =>
      new Promise<void>((resolve) => {
        release = resolve;
      });
    const older = snapshotAt(1);
    await vi.advanceTimersByTimeAsync(0);
    registry.epoch = 2;
    const newer = snapshotAt(2);
    registry.answer = () => Promise.resolve();
    release();
    expect([(await older).epoch, (await newer).epoch]).toEqual([1, 2]);
    expect(registry.reads).toBe(2);
  });

  test("do without a load that hangs because its request was cancelled", async () => {
    const { registry, snapshotAt } = await isolate();
    registry.answer = never;
    void snapshotAt(1);
    await vi.advanceTimersByTimeAsync(10);
    registry.answer = () => Promise.resolve();
    const waiting = snapshotAt(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await waiting).epoch).toBe(1);
    expect(registry.reads).toBe(2);
  });

  test("do not wait at all for one that is known to hang", async () => {
    const { registry, snapshotAt } = await isolate();
    registry.answer = never;
    void snapshotAt(1);
    await vi.advanceTimersByTimeAsync(1_001);
    registry.answer = () => Promise.resolve();
    expect((await snapshotAt(1)).epoch).toBe(1);
  });

  test("a failure is the failure of those who tried, and the next one tries anew", async () => {
    const { registry, snapshotAt } = await isolate();
    registry.answer = () => Promise.reject(new Error("the registry is away"));
    const first = snapshotAt(1);
    const second = snapshotAt(1);
    await expect(first).rejects.toThrow("away");
    await expect(second).rejects.toThrow("away");
    registry.answer = () => Promise.resolve();
    expect((await snapshotAt(1)).epoch).toBe(1);
  });
});
