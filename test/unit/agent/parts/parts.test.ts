import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Health } from "../../../../agent/health/health.ts";
import { HubAway } from "../../../../agent/hub/http.ts";
import type { InForce, Part } from "../../../../agent/parts/part.ts";
import { Parts } from "../../../../agent/parts/parts.ts";

const IN_FORCE: InForce = { applied: null, applyError: null };
const settled = () => vi.advanceTimersByTimeAsync(0);

describe("I8: the parts of an agent", () => {
  const said: string[] = [];
  const log = { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) };
  const told: string[] = [];
  /** Notes what it is told. */
  const part = (name: string, more: Partial<Part> = {}): Part => ({
    name,
    start: () => told.push(`${name} starts`),
    onConfig: () => told.push(`${name} hears of a config`),
    onTouch: () => told.push(`${name} hears of the hub`),
    onMove: () => told.push(`${name} hears of a move`),
    stop: () => told.push(`${name} stops`),
    ...more,
  });

  beforeEach(() => {
    vi.useFakeTimers();
    said.length = 0;
    told.length = 0;
  });
  afterEach(() => vi.useRealTimers());

  it("start in order, hear of everything, and stop in the other order", async () => {
    const parts = new Parts([part("a"), part("b")], log);
    parts.start();
    parts.onConfig(IN_FORCE);
    parts.onTouch();
    parts.onMove();
    await settled();
    await parts.stop();
    const of = (name: string) => told.filter((line) => line.startsWith(name));
    const events = ["starts", "hears of a config", "hears of the hub", "hears of a move", "stops"];
    expect(of("a")).toEqual(events.map((event) => `a ${event}`));
    expect([told[0], told.slice(-2)]).toEqual(["a starts", ["b stops", "a stops"]]);
  });

  it("are named when they throw, wherever they do, and hold up nobody else", async () => {
    const fails = (): never => {
      throw new Error("no luck");
    };
    const bad = { start: fails, onConfig: fails, onTouch: fails, onMove: fails, health: fails, stop: fails };
    const rejects = { onConfig: async () => fails(), health: undefined } as unknown as Partial<Part>;
    const parts = new Parts([part("bad", bad), part("late", rejects), part("good")], log);
    parts.start();
    parts.onConfig(IN_FORCE);
    await settled();
    expect(parts.health()).toEqual([{ code: "part_failed", detail: "bad: no luck; late: no luck" }]);
    expect(said).toEqual(["bad: no luck", "late: no luck"]);
    await parts.stop();
    expect(told).toContain("good hears of a config");
    expect(told.slice(-2)).toEqual(["good stops", "late stops"]);
  });

  it("have failed no longer when they do what they are told", async () => {
    let isBroken = true;
    const parts = new Parts([part("a", { onTouch: () => isBroken && Promise.reject(new Error("no")) })], log);
    parts.onTouch();
    await settled();
    expect(parts.health()).toHaveLength(1);
    isBroken = false;
    parts.onTouch();
    await settled();
    expect(parts.health()).toEqual([]);
  });

  it("have not failed when it is the hub that is away, which is told once", async () => {
    const away = part("a", { onTouch: () => Promise.reject(new HubAway("The hub is away")) });
    const parts = new Parts([away], log);
    for (let times = 0; times < 3; times++) parts.onTouch();
    await settled();
    expect([parts.health(), said]).toEqual([[], ["a: The hub is away"]]);
  });

  it("do one thing at a time, and nothing again before it is over or after their end", async () => {
    const ends: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const slow = async () => {
      running++;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running--;
    };
    const parts = new Parts([part("a", { start: (again) => again(1_000, slow), onTouch: slow })], log);
    parts.start();
    await settled();
    parts.onTouch();
    await vi.advanceTimersByTimeAsync(10_000);
    expect([ends.length, running]).toEqual([1, 1]);
    ends[0]?.();
    await settled();
    // Of ten times that were due meanwhile, one is left.
    expect([ends.length, running, most]).toEqual([2, 1, 1]);
    const stopped = parts.stop();
    ends[1]?.();
    await stopped;
    await vi.advanceTimersByTimeAsync(10_000);
    expect([ends.length, running]).toEqual([2, 0]);
  });

  it("may end what they do again before they are stopped", async () => {
    let times = 0;
    const parts = new Parts(
      [
        part("a", {
          start: (again) => {
            const end = again(1_000, () => ++times === 3 && end());
          },
        }),
      ],
      log,
    );
    parts.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(times).toBe(3);
  });

  it("are stopped without waiting for what they are at", async () => {
    const parts = new Parts([part("a", { onTouch: () => new Promise(() => undefined) })], log);
    parts.onTouch();
    await settled();
    await parts.stop();
    expect(told).toContain("a stops");
  });
});

describe("I8: the registry of conditions", () => {
  it("has one of each code of whoever finds any, as it is now", () => {
    const health = new Health();
    const found = [{ code: "ipv6_off", detail: "here" }];
    health.register(() => found);
    health.register(() => [
      { code: "ipv6_off", detail: "and there" },
      { code: "port_taken", detail: "by another" },
    ]);
    expect(health.conditions.map(({ code }) => code)).toEqual(["ipv6_off", "port_taken"]);
    found.length = 0;
    expect(health.conditions[0]).toEqual({ code: "ipv6_off", detail: "and there" });
  });
});
