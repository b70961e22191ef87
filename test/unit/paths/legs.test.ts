import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LEG_PORTS, type Leg, LegTable } from "../../../shared/paths/leg-table.ts";
import { drainLegs, type LegWorld, nextPlanAt, planLegs, roomOf } from "../../../shared/paths/legs.ts";

type Role = "on" | "drain" | "off";
const NODES = ["a", "b", "c", "d", "e", "r", "s", "t"] as const;
const RELAYS = ["r", "s", "t"] as const;

/** A network small enough to be planned by looking at everything. */
class Small {
  readonly table = new LegTable();
  readonly links = new Map<string, Set<string>>(NODES.map((node) => [node, new Set()]));
  readonly roles = new Map<string, Role>(RELAYS.map((relay) => [relay, "off"]));
  now = 0;
  #made = 0;

  get world(): LegWorld {
    const relays = new Map(
      [...this.roles].flatMap(([relay, role]) => (role === "off" ? [] : [[relay, role] as const])),
    );
    return { relays, linksOf: (node) => this.links.get(node) ?? new Set() };
  }

  link(a: string, b: string, isLinked: boolean): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (isLinked) this.links.get(one)?.add(other);
      else this.links.get(one)?.delete(other);
    }
  }

  plan(nodes: Iterable<string> = NODES): readonly Leg[] {
    return planLegs(this.table, this.world, nodes, this.now, () => ({
      id: `leg_${this.#made++}`,
      probeKey: "k",
    }));
  }

  drain(): readonly Leg[] {
    return drainLegs(this.table, this.world, this.now);
  }

  get legs(): Leg[] {
    return RELAYS.flatMap((relay) => this.table.ofRelay(relay));
  }

  pairs(): [string, string][] {
    return NODES.flatMap((a) =>
      [...(this.links.get(a) ?? [])].filter((b) => a < b).map((b) => [a, b] as [string, string]),
    );
  }
}

const act = fc.oneof(
  fc.record({
    kind: fc.constant("link" as const),
    a: fc.constantFrom(...NODES),
    b: fc.constantFrom(...NODES),
    isLinked: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("role" as const),
    relay: fc.constantFrom(...RELAYS),
    role: fc.constantFrom<Role>("on", "drain", "off"),
  }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(10_000, 100_000, 700_000) }),
);

describe("the legs of a network", () => {
  it("are those that each pair may have, after any history and however little of it is looked at", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const small = new Small();
        for (const one of acts) {
          let concerned: readonly string[] = [];
          const before = small.legs;
          if (one.kind === "link" && one.a !== one.b) {
            small.link(one.a, one.b, one.isLinked);
            concerned = [one.a, one.b];
          } else if (one.kind === "role") {
            small.roles.set(one.relay, one.role);
            concerned = NODES;
          } else if (one.kind === "wait") {
            small.now += one.ms;
            concerned = small.table.relays();
            small.drain();
          }
          small.plan(concerned);
          expectWhole(small);
          // Nothing that may stay was touched.
          const now = new Map(small.legs.map((leg) => [leg.id, leg]));
          for (const leg of before)
            if (
              small.roles.get(leg.relay) === "on" &&
              leg.state === "open" &&
              small.links.get(leg.ends[0])?.has(leg.ends[1])
            )
              expect(now.get(leg.id)).toEqual(leg);
        }
        // All of it looked at once finds nothing more to do.
        expect(small.plan()).toEqual([]);
      }),
    );
  });

  /** What must hold, counted from the list of all legs. */
  function expectWhole(small: Small): void {
    const legs = small.legs;
    expect(new Set(legs.map(({ relay, port }) => `${relay}:${port}`)).size).toBe(legs.length);
    for (const {
      relay,
      ends: [a, b],
      port,
    } of legs) {
      expect(small.roles.get(relay)).not.toBe("off");
      expect(small.links.get(a)?.has(b)).toBe(true);
      expect([a, b]).not.toContain(relay);
      expect(port).toBeGreaterThanOrEqual(LEG_PORTS.first);
      expect(port).toBeLessThan(LEG_PORTS.first + LEG_PORTS.count);
    }
    for (const [a, b] of small.pairs()) {
      const relays = legs.filter(({ ends }) => ends[0] === a && ends[1] === b).map(({ relay }) => relay);
      expect(new Set(relays).size).toBe(relays.length);
      const possible = RELAYS.filter(
        (relay) => small.roles.get(relay) === "on" && relay !== a && relay !== b,
      );
      const firm = legs.filter(
        ({ ends, relay, state }) =>
          ends[0] === a && ends[1] === b && state === "open" && small.roles.get(relay) === "on",
      );
      const leaving = legs.filter(({ ends, state }) => ends[0] === a && ends[1] === b && state === "leaving");
      // A relay that a pair is about to leave takes it again only afterwards.
      expect(firm.length).toBeGreaterThanOrEqual(Math.min(2, possible.length - leaving.length));
      expect(firm.length).toBeLessThanOrEqual(Math.min(2, possible.length));
    }
  }

  it("spread over the relays evenly", () => {
    const small = new Small();
    for (const relay of RELAYS) small.roles.set(relay, "on");
    for (const a of ["a", "b", "c", "d", "e"])
      for (const b of ["a", "b", "c", "d", "e"]) if (a < b) small.link(a, b, true);
    small.plan();
    const loads = RELAYS.map((relay) => small.table.load(relay));
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
    expect(loads.reduce((sum, load) => sum + load)).toBe(20);
  });

  /** One node with a link to each of many, and two relays. */
  function star(count: number) {
    const peers = Array.from({ length: count }, (_, at) => `n${String(at).padStart(5, "0")}`);
    const links = new Map([["a", new Set(peers)], ...peers.map((peer) => [peer, new Set(["a"])] as const)]);
    const relays = new Map<string, "on" | "drain">([
      ["r", "on"],
      ["s", "on"],
    ]);
    const world: LegWorld = { relays, linksOf: (node) => links.get(node) ?? new Set() };
    let made = 0;
    const make = () => ({ id: `leg_${made++}`, probeKey: "k" });
    return { table: new LegTable(), world, relays, links, make };
  }

  it("give every pair one before any gets two, where the ports are few", () => {
    const { table, world, make } = star(LEG_PORTS.count + 1);
    const legs = planLegs(table, world, ["a"], 0, make);
    expect(legs).toHaveLength(2 * LEG_PORTS.count);
    expect(new Set(legs.map(({ ends }) => ends.join())).size).toBe(LEG_PORTS.count + 1);
  });

  it("leave a drained relay some at a time", () => {
    const { table, world, relays, make } = star(100);
    planLegs(table, world, ["a"], 0, make);
    relays.set("r", "drain");
    const rounds = [90_000, 100_000, 110_000].map((now) => drainLegs(table, world, now).length);
    expect(rounds).toEqual([64, 36, 0]);
  });

  it("are planned anew for all when a relay comes, goes or is drained", () => {
    const { table, world, relays } = star(1);
    const rooms = [roomOf(table, world, 0)];
    for (const change of [
      () => relays.set("s", "drain"),
      () => relays.delete("s"),
      () => relays.set("t", "on"),
    ]) {
      change();
      rooms.push(roomOf(table, world, 0));
    }
    expect(new Set(rooms).size).toBe(4);
  });

  it("fill the ports, and get more when a port has rested", () => {
    const { table, world, links, make } = star(LEG_PORTS.count);
    expect(planLegs(table, world, ["a"], 0, make)).toHaveLength(2 * LEG_PORTS.count);
    // Full: one more pair gets nothing, and nobody loses anything for it.
    links.get("a")?.add("z");
    links.set("z", new Set(["a"]));
    expect(planLegs(table, world, ["z"], 0, make)).toEqual([]);
    expect(nextPlanAt(table, world, 0)).toBeNull();
    const full = roomOf(table, world, 0);
    // A pair that ends makes room, but not before its port rested.
    links.get("a")?.delete("n00000");
    const ended = planLegs(table, world, ["a"], 1, make);
    expect(ended.map(({ state }) => state)).toEqual(["ended", "ended"]);
    expect(planLegs(table, world, ["z"], 599_999, make)).toEqual([]);
    expect(roomOf(table, world, 599_999)).toBe(full);
    expect(nextPlanAt(table, world, 599_999)).toBe(600_001);
    expect(roomOf(table, world, 600_001)).not.toBe(full);
    const late = planLegs(table, world, ["z"], 600_001, make);
    const placesOf = (legs: readonly Leg[]) => legs.map(({ relay, port }) => `${relay}:${port}`).sort();
    expect(placesOf(late)).toEqual(placesOf(ended));
    expect(roomOf(table, world, 600_001)).toBe(full);
    expect(nextPlanAt(table, world, 600_001)).toBeNull();
  });

  it("leave a drained relay once another carries the pair, and the relay carries them a while longer", () => {
    const small = new Small();
    small.roles.set("r", "on");
    small.link("a", "b", true);
    small.plan();
    small.roles.set("r", "drain");
    small.plan();
    small.now = 1_000_000;
    // Nobody else could carry it.
    expect(small.drain()).toEqual([]);
    small.roles.set("s", "on");
    small.plan();
    expect(small.legs.map(({ relay, state }) => `${relay} ${state}`)).toEqual(["r open", "s open"]);
    // The ends may not have heard of the new one.
    small.now += 89_999;
    expect(small.drain()).toEqual([]);
    small.now += 1;
    expect(small.drain().map(({ relay, state }) => `${relay} ${state}`)).toEqual(["r leaving"]);
    expect(nextPlanAt(small.table, small.world, small.now)).toBe(small.now + 180_000);
    small.now += 179_999;
    expect(small.plan()).toEqual([]);
    small.now += 1;
    expect(small.plan().map(({ relay, state }) => `${relay} ${state}`)).toEqual(["r ended"]);
    expect(nextPlanAt(small.table, small.world, small.now)).toBeNull();
  });

  it("are forgotten with a node", () => {
    const small = new Small();
    for (const relay of RELAYS) small.roles.set(relay, "on");
    small.link("a", "b", true);
    small.link("a", "c", true);
    small.plan();
    small.table.forget("b");
    expect(small.legs.every(({ ends }) => ends.join() === "a,c")).toBe(true);
    small.table.forget("r");
    expect(small.table.ofRelay("r")).toEqual([]);
    expect(small.table.between("c", "a").every(({ relay }) => relay !== "r")).toBe(true);
  });
});
