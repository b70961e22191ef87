import { describe, expect, test } from "vitest";
import { ALL_OF_RULES } from "../../../../shared/node/config/rule-terms.ts";
import { LIMITS } from "../../../../shared/node/config/types.ts";
import { differenceOf, witnessOf } from "../../../../shared/segments/algebra/difference.ts";
import { Permissions } from "../../../../shared/segments/algebra/permissions.ts";
import { minus } from "../../../../shared/segments/algebra/region.ts";
import { trafficSet } from "../../../../shared/segments/algebra/traffic-line.ts";
import { parseTraffic } from "../../../../shared/segments/traffic.ts";
import type { SegmentRule, World } from "../../../../shared/segments/types.ts";
import { why } from "../../../../shared/segments/why/why.ts";
import { randomFrom } from "../../../support/random.ts";
import { bySeed, drawn, SEED } from "../../../support/sample.ts";
import { drawBy, drawChange, drawKnowledge, drawNode, drawWorld, indexOf, NOW } from "./draw.ts";

const NETWORKS = drawn(8, 1_000);

const asking = (world: World, knowledgeOf: (node: string) => number) => {
  const index = indexOf(world);
  return { index, permissions: new Permissions(index, { at: NOW, knowledgeOf }), at: NOW, knowledgeOf };
};

describe("the difference of two networks", () => {
  test("is, for each pair of nodes, what passes in the one and not in the other, and nothing else", () => {
    const draw = drawBy(randomFrom(SEED));
    for (let n = 0; n < NETWORKS; n++) {
      const before = drawWorld(draw, 9, 8);
      const after = drawChange(draw, before);
      const knowledge = new Map([...before.nodes.keys()].map((node) => [node, drawKnowledge(draw)]));
      const knowledgeOf = (node: string) => knowledge.get(node) ?? 0;
      const found = differenceOf(before, after, { at: NOW, knowledgeOf });
      const [was, is] = [asking(before, knowledgeOf), asking(after, knowledgeOf)];
      let [gaining, losing] = [0, 0];
      for (const source of before.nodes.keys()) {
        for (const destination of before.nodes.keys()) {
          if (source === destination) continue;
          const [a, b] = [
            was.permissions.between(source, destination),
            is.permissions.between(source, destination),
          ];
          const change = found.changes.find(
            ({ from, to }) => from.members.includes(source) && to.members.includes(destination),
          );
          const [gained, lost] = [minus(b, a), minus(a, b)];
          gaining += Number(gained.length > 0);
          losing += Number(lost.length > 0);
          const rest = [
            [gained, change?.gained ?? []],
            [lost, change?.lost ?? []],
          ].flatMap(([one = [], other = []]) => [...minus(one, other), ...minus(other, one)]);
          expect({ bySeed, n, source, destination, rest }).toEqual({
            bySeed,
            n,
            source,
            destination,
            rest: [],
          });
        }
      }
      expect({ bySeed, n, gaining: found.gaining, losing: found.losing }).toEqual({
        bySeed,
        n,
        gaining,
        losing,
      });
    }
  });

  test("comes with witnesses: packets of which `why` says before and after what the difference says", () => {
    const draw = drawBy(randomFrom(SEED + 1));
    let asked = 0;
    for (let n = 0; n < NETWORKS; n++) {
      const before = drawWorld(draw, 8, 8);
      const after = drawChange(draw, before);
      const knowledgeOf = () => ALL_OF_RULES;
      const [was, is] = [asking(before, knowledgeOf), asking(after, knowledgeOf)];
      for (const { from, to, gained, lost } of differenceOf(before, after, { at: NOW, knowledgeOf })
        .changes) {
        const destination = from === to ? (to.second ?? "") : to.first;
        for (const [region, now, then, world] of [
          [gained, was, is, after],
          [lost, is, was, before],
        ] as const) {
          const witness = witnessOf(region, from.first, destination, world);
          if (!witness) continue;
          const parsed = parseTraffic(witness.traffic);
          const traffic = parsed.ok
            ? trafficSet([{ ...parsed.value, family: witness.to.address.includes(":") ? 6 : 4 }])
            : null;
          if (!traffic) continue;
          const end = (side: typeof witness.from) => {
            const node = world.nodes.get(side.node);
            const isOwn = side.address === node?.ipv4 || side.address === node?.ipv6;
            return { node: side.node, address: isOwn ? null : side.address };
          };
          asked += 1;
          const context = { bySeed, n, witness };
          const ends = [end(witness.from), end(witness.to)] as const;
          expect({ ...context, verdict: why(...ends, traffic, then).verdict }).toEqual({
            ...context,
            verdict: "allowed",
          });
          expect({ ...context, verdict: why(...ends, traffic, now).verdict }).toEqual({
            ...context,
            verdict: "denied",
          });
        }
      }
    }
    expect(asked).toBeGreaterThan(NETWORKS);
  });

  test("costs what the rules tell apart: nodes that are alike are one class", () => {
    const draw = drawBy(randomFrom(7));
    const few = drawWorld(draw, 6, 8);
    const nodes = [...few.nodes.values()].map((node) => ({ ...node, routes: [], exitNode: null }));
    const many = Array.from({ length: 50 }, (_, copy) =>
      nodes.map((node, n) => ({ ...node, id: `${node.id}-${copy}`, ipv4: `100.64.${copy}.${n}` })),
    );
    const world = { ...few, nodes: new Map(many.flat().map((node) => [node.id, node])) };
    const { changes } = differenceOf({ ...world, rules: [] }, world, {
      at: NOW,
      knowledgeOf: () => ALL_OF_RULES,
    });
    expect(changes.length).toBeLessThanOrEqual(36);
    expect(Math.max(...changes.map(({ pairs }) => pairs))).toBeGreaterThanOrEqual(50 * 49);
  });

  test("names the nodes that would have more peers than a config may name, and no other", () => {
    const draw = drawBy(randomFrom(7));
    const node = (n: number, tags: readonly string[]) => ({
      ...drawNode(draw, n, 1),
      ...{ id: `nod_${n}`, tags, routes: [], exitNode: null, quarantined: false, contained: false },
      ...{ microsegments: [], confinedBy: [] },
    });
    const worldOf = (count: number): World => {
      const webs = Array.from({ length: count }, (_, n) => node(n, ["web"]));
      const nodes = [...webs, node(count, ["db"]), node(count + 1, ["ops"])];
      return { nodes: new Map(nodes.map((one) => [one.id, one])), rules: [], microsegments: [] };
    };
    const rule = (from: string, to: string): SegmentRule => ({
      ...{ id: `rule_${from}`, name: from, traffic: [{ protocol: "tcp", ports: [] }] },
      ...{ from: [{ kind: "tag", tag: from }], to: [{ kind: "tag", tag: to }] },
    });
    const crowdedBy = (before: World, rules: readonly SegmentRule[]) => {
      const after = { ...before, rules };
      const index = indexOf(after);
      const { crowded } = differenceOf(before, after, { at: NOW, knowledgeOf: () => ALL_OF_RULES });
      for (const { of, peers } of crowded) expect(index.linksOf(of.first)).toHaveLength(peers);
      return crowded.map(({ of, peers }) => ({ tags: before.nodes.get(of.first)?.tags, peers }));
    };
    const [most, more] = [worldOf(LIMITS.peers), worldOf(LIMITS.peers + 1)];
    expect(crowdedBy(most, [rule("web", "db"), rule("ops", "db")])).toEqual([
      { tags: ["db"], peers: LIMITS.peers + 1 },
    ]);
    expect(crowdedBy(most, [rule("web", "db")])).toEqual([]);
    // Of its own class a node is no peer of its own.
    expect(crowdedBy(more, [rule("web", "web")])).toEqual([]);
    expect(crowdedBy(more, [rule("web", "web"), rule("db", "web")])).toEqual([
      { tags: ["web"], peers: LIMITS.peers + 1 },
      { tags: ["db"], peers: LIMITS.peers + 1 },
    ]);
  });
});
