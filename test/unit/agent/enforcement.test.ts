import { describe, expect, it } from "vitest";
import { RuleCounters } from "../../../agent/system/rule-counters.ts";
import { HitLog } from "../../../agent/telemetry/hit-log.ts";
import { DriftLog, MOST_DRIFTS } from "../../../agent/tunnel/drift.ts";
import { TunnelKeeper } from "../../../agent/tunnel/keeper.ts";
import { NOTHING, type Observed } from "../../../agent/tunnel/tunnel.ts";
import type { Assembled } from "../../../shared/node/config/assemble.ts";
import { modelMachine } from "../../support/model-machine.ts";
import { manifestOf, peerOf } from "../segments/documents.ts";

describe("what rules decided", () => {
  const counts = (entries: Record<string, number>) => new Map(Object.entries(entries));

  it("is told once, and counted on when a counter began anew", () => {
    const log = new HitLog();
    log.note(counts({ a: 100, b: 0 }));
    expect(log.news(9)).toEqual([]);
    log.note(counts({ a: 107, b: 3, c: 2 }));
    const told = log.news(2);
    expect(told).toEqual([
      { rule: "a", packets: 7 },
      { rule: "b", packets: 3 },
    ]);
    log.note(counts({ a: 108, b: 3, c: 2 }));
    log.told(told);
    expect(log.news(9)).toEqual([
      { rule: "c", packets: 2 },
      { rule: "a", packets: 1 },
    ]);
    log.told(log.news(9));
    log.note(counts({ a: 5 }));
    log.note(counts({ a: 9 }));
    expect(log.news(9)).toEqual([{ rule: "a", packets: 4 }]);
  });

  it("stays when the agent loads another table, whose counters begin at 0", async () => {
    let kernel = counts({ a: 5, b: 1 });
    const counters = new RuleCounters(async () => kernel);
    await counters.keptOver(async () => {
      kernel = counts({ a: 0, c: 0 });
    });
    kernel = counts({ a: 2, c: 4 });
    expect(Object.fromEntries(await counters.read())).toEqual({ a: 7, b: 1, c: 4 });
    const refused = counters.keptOver(async () => {
      throw new Error("nft says no");
    });
    await expect(refused).rejects.toThrow("nft says no");
    expect((await counters.read()).get("a")).toBe(7);
  });

  it("does not keep the filter from being loaded when the counters can't be read", async () => {
    const counters = new RuleCounters(() => Promise.reject(new Error("away")));
    let isLoaded = false;
    await counters.keptOver(async () => {
      isLoaded = true;
    });
    expect(isLoaded).toBe(true);
  });
});

describe("drifts", () => {
  it("are what brings back the protection, bounded, and told once", () => {
    const log = new DriftLog();
    log.note(["write-hosts", "set-mtu"], 1, 1);
    expect(log.untold).toEqual([]);
    for (let at = 1; at <= MOST_DRIFTS + 3; at++)
      log.note(["load-filter", "load-filter"], at, at * 3_600_000);
    expect([log.untold.length, log.untold.at(-1)]).toEqual([
      MOST_DRIFTS,
      { at: MOST_DRIFTS + 3, steps: ["load-filter"] },
    ]);
    const told = log.untold.slice(0, 10);
    log.told(told);
    expect(log.untold).toHaveLength(MOST_DRIFTS - 10);
  });

  it("in quick succession are a fight: the agent waits between looks, says so, and stops when it is over", () => {
    const log = new DriftLog();
    for (let n = 0; n < 7; n++) log.note(["load-filter"], 0, n * 1_000);
    expect([log.pauseMs(7_000), log.conditions(7_000)]).toEqual([0, []]);
    log.note(["load-filter"], 0, 7_000);
    expect(log.pauseMs(7_000)).toBe(10_000);
    expect(log.conditions(7_000).map(({ code }) => code)).toEqual(["filter_contested"]);
    // Once each ten seconds is slower than what began it, and the fight goes on.
    for (let at = 17_000; at <= 900_000; at += 10_000) log.note(["load-filter"], 0, at);
    expect(log.isFight(900_000)).toBe(true);
    expect(log.isFight(900_000 + 5 * 60_000)).toBe(false);
  });
});

describe("the keeper of the tunnel", () => {
  const KEY = "A".repeat(43);
  const OVER = 1_800_000_000_000;

  function keeperOf() {
    let [now, skewMs] = [NOTHING, 0];
    const place = {
      read: () => now,
      write: (next: Observed) => {
        now = next;
      },
    };
    const keeper = new TunnelKeeper({
      machine: modelMachine(place),
      interfaceName: "wg0",
      listenPort: 51_820,
      bypass: () => [],
      exitNode: null,
      exit: null,
      skewMs: () => skewMs,
      privateKeys: async () => KEY,
      log: { info: () => undefined, warn: () => undefined },
    });
    /** Sets the hub's time. */
    const at = (hub: number) => {
      skewMs = hub - Date.now();
    };
    return { keeper, place, at };
  }

  const config = {
    manifest: manifestOf({}),
    component: {
      ...{ type: "component", network: "net_1", segment: "seg_1", revision: 1 },
      rules: [{ id: "r1", name: "r1", traffic: [{ protocol: "any", ports: [] }], notAfter: OVER }],
    },
    record: { wireguard: KEY },
    peers: [{ peer: peerOf({ inbound: [{ rule: "r1" }] }), record: { wireguard: KEY.replace("A", "B") } }],
    objects: new Map(),
  } as unknown as Assembled;

  it("takes the end of a rule for no drift, and a filter that somebody took away for one", async () => {
    const { keeper, place, at } = keeperOf();
    at(OVER - 3_600_000);
    await keeper.apply(config, 0);
    const before = keeper.ruleset.report;
    at(OVER + 3_600_000);
    expect(await keeper.mend()).toEqual(["load-filter"]);
    expect(keeper.drifts.untold).toEqual([]);
    expect(keeper.ruleset.report?.digest).not.toBe(before?.digest);
    place.write({ ...place.read(), filter: null });
    expect(await keeper.mend()).toEqual(["load-filter"]);
    expect(keeper.drifts.untold).toMatchObject([{ steps: ["load-filter"] }]);
    keeper.stop();
  });

  it("knows no ruleset after it could not look, and knows it again after a look", async () => {
    const { keeper, place, at } = keeperOf();
    at(OVER);
    await keeper.apply(config, 0);
    const known = keeper.ruleset.report;
    expect(known).toMatchObject({ format: 1, manifest: expect.any(String) });
    const { read } = place;
    place.read = () => {
      throw new Error("nft is away");
    };
    await expect(keeper.mend()).rejects.toThrow("nft is away");
    expect(keeper.ruleset.report).toBeNull();
    place.read = read;
    await keeper.reload();
    expect(keeper.ruleset.report).toEqual(known);
    keeper.stop();
  });
});
