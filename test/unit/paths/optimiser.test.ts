import { describe, expect, it } from "vitest";
import { DIRECT } from "../../../shared/paths/choice.ts";
import { PathOptimiser } from "../../../shared/paths/optimiser.ts";
import { syntheticMesh } from "../../sim/synthetic-mesh.ts";

const SIZE = { nodes: 200, pairs: 2_000, relays: 8, seed: 1 };
const ALL = 1;

function mesh() {
  const { pairs, table } = syntheticMesh(SIZE);
  return { pairs, table, optimiser: new PathOptimiser(SIZE.nodes, pairs, table, 1_000) };
}
const total = (optimiser: PathOptimiser) =>
  optimiser.relay.reduce((sum, relay, pair) => sum + optimiser.ms(pair, relay), 0);

describe("the optimiser", () => {
  it("moves no more pairs in a round than it may, those that gain most first", () => {
    const { optimiser } = mesh();
    const before = total(optimiser);
    expect(optimiser.optimise(0.02)).toBe(40);
    const gained = before - total(optimiser);
    expect(optimiser.optimise(0.02)).toBe(40);
    expect(before - gained - total(optimiser)).toBeLessThanOrEqual(gained);
  });

  it("comes to rest, and its counts of load are right", () => {
    const { optimiser } = mesh();
    const moved = Array.from({ length: 12 }, () => optimiser.optimise(ALL));
    expect(moved[0]).toBeGreaterThan(100);
    expect(moved.at(-1)).toBeLessThan((moved[0] as number) / 20);
    const counted = [...optimiser.load.keys()].map(
      (relay) => optimiser.relay.filter((own) => own === relay).length,
    );
    expect([...optimiser.load]).toEqual(counted);
  });

  it("takes everything off a relay that failed, at once, and never comes back to it", () => {
    const { optimiser } = mesh();
    optimiser.optimise(ALL);
    const busiest = optimiser.load.indexOf(Math.max(...optimiser.load));
    const carried = optimiser.load[busiest] as number;
    expect(carried).toBeGreaterThan(0);
    expect(optimiser.takeOut(busiest)).toBe(carried);
    optimiser.optimise(ALL);
    expect(optimiser.load[busiest]).toBe(0);
    expect(optimiser.relay.every((relay, pair) => Number.isFinite(optimiser.ms(pair, relay)))).toBe(true);
  });

  it("does for a changed leg what a look at all pairs would do, and touches no other node's pairs", () => {
    const { optimiser, pairs, table } = mesh();
    optimiser.optimise(ALL);
    const before = optimiser.relay.slice();
    table.set(7, 3, 0.1, 0.1);
    expect(optimiser.legChanged(7)).toBeGreaterThan(0);
    optimiser.relay.forEach((relay, pair) => {
      if (pairs.from[pair] !== 7 && pairs.to[pair] !== 7) expect(relay).toBe(before[pair]);
    });
    expect(optimiser.legChanged(7)).toBe(0);
  });

  it("leaves a pair alone for less than a twentieth of its time, or a millisecond", () => {
    const { optimiser, pairs, table } = mesh();
    const ends = (pair: number) => [pairs.from[pair] as number, pairs.to[pair] as number] as const;
    const byRelay = (pair: number) => optimiser.ms(pair, table.best(...ends(pair)));
    const far = optimiser.relay.findIndex((_, pair) => byRelay(pair) > 50);
    expect(optimiser.relay[far]).toBe(DIRECT);
    expect(optimiser.directChanged(far, byRelay(far) * 1.04)).toBe(false);
    expect(optimiser.directChanged(far, byRelay(far) * 1.1)).toBe(true);
    const near = optimiser.relay.findIndex((relay, pair) => relay === DIRECT && pair !== far);
    for (const node of ends(near)) table.set(node, 0, 1, 1);
    expect(optimiser.directChanged(near, byRelay(near) + 0.9)).toBe(false);
    expect(optimiser.directChanged(near, byRelay(near) + 1.1)).toBe(true);
  });
});
