import { describe, expect, it } from "vitest";
import { type Issue, planTick, type Rebuilt } from "../../../shared/node/plan-tick.ts";

const issue = (manifest: string, peers: string): Issue => ({ manifest, peers: [...peers] });
/** Everybody but z, who was put out. */
const isInGoodStanding = (node: string) => node !== "z";
const withoutEnded = (node: string, before: Issue): Issue => ({
  manifest: `${before.manifest} of ${node} without the ended`,
  peers: before.peers.filter(isInGoodStanding),
});
const plan = (rebuilt: readonly Rebuilt[], isConfirmed = false, isUrgent = (_: string) => false) =>
  planTick(rebuilt, { isInGoodStanding, isUrgent }, withoutEnded, isConfirmed);

describe("the plan of a tick", () => {
  const loses: Rebuilt = { node: "a", before: issue("1", "bcdez"), after: issue("2", "b") };
  const gains: Rebuilt = { node: "b", before: issue("3", "a"), after: issue("4", "ac") };
  const same: Rebuilt = { node: "c", before: issue("5", "a"), after: issue("5", "a") };

  it("publishes what changed", () => {
    const { publish, waiting, dropped } = plan([gains, same]);
    expect(publish).toEqual([{ node: "b", issue: issue("4", "ac") }]);
    expect([waiting, dropped]).toEqual([[], []]);
  });

  it("holds everything when one node would lose too much, but for who ended", () => {
    const held = plan([loses, gains, same]);
    expect(held.waiting).toEqual(["a", "b"]);
    expect(held.culprits).toEqual([{ node: "a", before: 5, after: 1 }]);
    expect(held.publish.map(({ node, issue: { peers } }) => [node, peers])).toEqual([["a", [..."bcde"]]]);
    expect(held.dropped).toEqual([{ node: "z", member: "a" }]);
    expect(plan([loses, gains, same], true).publish).toHaveLength(2);
  });

  it("lets the config of a contained node wait for nothing, whatever it loses and whoever else waits", () => {
    const contained: Rebuilt = { node: "z", before: issue("7", "abcde"), after: issue("8", "b") };
    expect(plan([contained])).toMatchObject({ waiting: [], culprits: [] });
    const held = plan([loses, contained]);
    expect(held.publish).toContainEqual({ node: "z", issue: issue("8", "b") });
    expect([held.waiting, held.culprits.map(({ node }) => node)]).toEqual([["a"], ["a"]]);
  });

  it("holds nothing for what an urgent node loses, nor for what its peers lose by it", () => {
    expect(plan([loses, gains], false, (node) => node === "a").waiting).toEqual([]);
    expect(plan([loses, gains], false, (node) => "cde".includes(node)).waiting).toEqual([]);
    const more = { ...loses, before: issue("1", "bcdefz") };
    expect(plan([more, gains], false, (node) => node === "c").waiting).toEqual(["a", "b"]);
  });

  it("takes who ended from a node whose configuration could not be made, and nothing else", () => {
    const unmade: Rebuilt = { node: "d", before: issue("6", "az"), after: null };
    const { publish, waiting, dropped } = plan([unmade, gains, { ...unmade, node: "e", before: null }]);
    expect(publish).toEqual([
      { node: "b", issue: issue("4", "ac") },
      { node: "d", issue: { manifest: "6 of d without the ended", peers: ["a"] } },
    ]);
    expect(waiting).toEqual([]);
    expect(dropped).toEqual([{ node: "z", member: "d" }]);
  });
});
