import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Graph, NOTHING } from "../../../shared/paths/graph.ts";
import { effectOf, isBroken, plan } from "../../../shared/paths/recovery.ts";
import { pathFrom, repaired, shortestTo } from "../../../shared/paths/shortest.ts";
import { weakPoints } from "../../../shared/paths/weak-points.ts";
import { readZoo } from "../../sim/topology-zoo.ts";
import { breakEach, emptyResult } from "../../sim/zoo-failures.ts";
import { SHARED_DATA, where } from "../../support/needs.ts";
import { randomFrom } from "../../support/random.ts";
import { bySeed, drawn, SEED, some } from "../../support/sample.ts";

const graphs = fc
  .array(fc.tuple(fc.nat(11), fc.nat(11), fc.integer({ min: 1, max: 9 })), { maxLength: 30 })
  .map(
    (all) =>
      new Graph(
        12,
        all.filter(([a, b]) => a !== b).map(([a, b, ms]) => ({ a, b, ms })),
      ),
  );

/** Which nodes can be reached from one, step by step. */
function reached(graph: Graph, from: number, without: { node?: number; link?: number } = {}): Set<number> {
  const seen = new Set([from]);
  for (const node of seen)
    graph.links.forEach(({ a, b }, link) => {
      const other = a === node ? b : b === node ? a : -1;
      if (other !== -1 && link !== without.link && other !== without.node) seen.add(other);
    });
  return seen;
}

const parts = (graph: Graph, without: { node?: number; link?: number } = {}): number => {
  const left = new Set(Array.from({ length: graph.nodes }, (_, node) => node));
  if (without.node !== undefined) left.delete(without.node);
  let count = 0;
  for (const node of left) {
    count++;
    for (const other of reached(graph, node, without)) left.delete(other);
  }
  return count;
};

describe("paths that are mended after an outage", () => {
  it("are those that would be found anew", () => {
    fc.assert(
      fc.property(
        graphs,
        fc.nat(11),
        fc.array(fc.nat(11), { maxLength: 2 }),
        fc.nat(29),
        (graph, to, out, link) => {
          const outage = { nodes: new Set(out), links: new Set(link < graph.links.length ? [link] : []) };
          const mended = repaired(graph, shortestTo(graph, to), to, outage);
          expect(mended).toEqual(shortestTo(graph, to, outage));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("what alone holds a graph together", () => {
  it("is what leaves more parts when it is taken out, and nothing else", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const whole = parts(graph);
        const isAlone = (node: number) => reached(graph, node).size === 1;
        const nodes = Array.from({ length: graph.nodes }, (_, node) => node).filter(
          (node) => !isAlone(node) && parts(graph, { node }) > whole,
        );
        const links = [...graph.links.keys()].filter((link) => parts(graph, { link }) > whole);
        expect(weakPoints(graph)).toEqual({ nodes, links });
      }),
      { numRuns: 60 },
    );
  });
});

describe("a plan", () => {
  it("reaches what can be reached, by no longer path than there is, and never in a circle", () => {
    fc.assert(
      fc.property(graphs, fc.nat(11), fc.nat(11), (graph, from, to) => {
        const { primary } = plan(graph, from, to, NOTHING);
        expect(primary !== null).toBe(reached(graph, from).has(to));
        if (!primary) return;
        expect([primary[0], primary.at(-1)]).toEqual([from, to]);
        expect(new Set(primary).size).toBe(primary.length);
        expect(isBroken(graph, primary, NOTHING)).toBe(false);
        const { ms } = shortestTo(graph, to);
        for (const { a, b, ms: step } of graph.links)
          expect(ms[a] as number).toBeLessThanOrEqual((ms[b] as number) + step);
      }),
      { numRuns: 100 },
    );
  });

  it("has a spare that shares no node with the path where the rest of the graph allows one", () => {
    fc.assert(
      fc.property(graphs, fc.nat(11), fc.nat(11), (graph, from, to) => {
        const { primary, spare } = plan(graph, from, to, NOTHING);
        const between = new Set(primary?.slice(1, -1));
        const disjoint = pathFrom(shortestTo(graph, to, { nodes: between, links: new Set() }), from);
        const isApart = spare !== null && !spare.some((node) => between.has(node));
        if (between.size > 0) expect(isApart).toBe(disjoint !== null);
        expect(new Set(spare).size).toBe(spare?.length ?? 0);
      }),
      { numRuns: 100 },
    );
  });

  it("has a longer spare rather than one through a node of the path", () => {
    // 0-1-2 is the shortest. 0-3-1-4-2 shares no link with it, and 0-5-2 no node.
    const steps = [
      [0, 1, 1],
      [1, 2, 1],
      [0, 3, 1],
      [3, 1, 1],
      [1, 4, 1],
      [4, 2, 1],
      [0, 5, 9],
      [5, 2, 9],
    ] as const;
    const graph = new Graph(
      6,
      steps.map(([a, b, ms]) => ({ a, b, ms })),
    );
    expect(plan(graph, 0, 2, NOTHING)).toEqual({ primary: [0, 1, 2], spare: [0, 5, 2] });
  });

  it("says what an outage means: nothing, a switch, a new path, or the end", () => {
    // 0-1-2 is the shortest, 0-3-2 the spare; 4 hangs on 2.
    const steps = [
      [0, 1],
      [1, 2],
      [0, 3],
      [3, 2],
      [2, 4],
    ] as const;
    const graph = new Graph(
      5,
      steps.map(([a, b], index) => ({ a, b, ms: index < 2 ? 1 : 5 })),
    );
    const effect = (to: number, node: number) => {
      const outage = { nodes: new Set([node]), links: new Set<number>() };
      return effectOf(graph, plan(graph, 0, to, NOTHING), plan(graph, 0, to, outage), outage);
    };
    expect([effect(2, 3), effect(2, 1), effect(4, 2)]).toEqual(["none", "switches", "cut"]);
  });
});

describe("the networks of the Topology Zoo", () => {
  where("data").it(
    `lose no packets for ten seconds when a node or link fails, and never send in circles (${bySeed})`,
    () => {
      const random = randomFrom(SEED);
      const zoo = readZoo(join(SHARED_DATA, "topology-zoo"), () => random() < drawn(0.06, 1));
      const result = emptyResult();
      for (const { graph } of some(zoo, drawn(5, zoo.length), random))
        breakEach(graph, { most: drawn(25, Number.POSITIVE_INFINITY), lived: 1 }, random, result);
      expect(result.failures).toBeGreaterThan(0);
      expect({ wrong: result.wrong, forgotten: result.forgotten }).toEqual({ wrong: 0, forgotten: 0 });
      expect(Math.max(...result.silentMs, 0)).toBeLessThan(10_000);
    },
  );
});
