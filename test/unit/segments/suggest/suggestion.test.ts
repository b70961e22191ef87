import { describe, expect, it } from "vitest";
import { suggest } from "../../../../shared/segments/suggest/suggestion.ts";
import { bounded } from "../../../../shared/segments/suggest/support.ts";
import { judge } from "../../../support/judge-suggestion.ts";
import { needed, type SeenFlow, shops, watched } from "../../../support/landscapes.ts";

const SHOPS = shops(2, 4);
const count = (flows: readonly SeenFlow[], service: string) =>
  flows.filter((flow) => flow.service === service).length;

describe("roles and rules from flows", () => {
  it("finds the true roles and the needed rules when all was seen", () => {
    const flows = needed(SHOPS);
    const suggestion = suggest(flows);
    const verdict = judge(SHOPS, suggestion);
    expect(verdict).toMatchObject({ ari: 1, coverage: 1 });
    // Of the name servers and the monitoring it is supposed that they use each other, as all others use them.
    expect(verdict.overPermission).toBeLessThan(0.015);
    expect(suggestion.breaks).toEqual([]);
    expect(suggestion.roles.every(({ confidence }) => confidence > 0.9)).toBe(true);
  });

  it("finds most of them among chance flows, and says which flows its rules would break", () => {
    const flows = watched(SHOPS, { seen: 0.7, chance: 0.05, seed: 1 });
    const suggestion = suggest(flows);
    const { ari, coverage, overPermission } = judge(SHOPS, suggestion);
    expect(ari).toBeGreaterThan(0.75);
    expect(coverage).toBeGreaterThan(0.96);
    expect(overPermission).toBeLessThan(0.15);
    expect(suggestion.breaks).toEqual(notPermitted(flows, suggestion));
  });

  it("is not sure of a rule that rests on one pair", () => {
    const chance = watched(
      { ...SHOPS, calls: [["dns", "cart-0", "tcp/1"]] },
      { seen: 1, chance: 20, seed: 3 },
    );
    const once = suggest(chance).rules.filter(({ seen }) => seen === 1);
    expect(once.length).toBeGreaterThan(0);
    expect(Math.max(...once.map(({ confidence }) => confidence))).toBeLessThan(0.7);
  });

  it("suggests the same whatever the order of the flows, and counts a repeated flow once", () => {
    const flows = watched(SHOPS, { seen: 0.6, chance: 0.05, seed: 2 });
    expect(suggest([...flows.toReversed(), ...flows])).toEqual(suggest(flows));
  });

  it("finds the roles of nodes that have nothing in common but what a crowd has", () => {
    const crowd = (server: string) =>
      Array.from({ length: 140 }, (_, index) => ({
        ...{ source: `${server}-user-${100 + index}`, destination: server },
        service: "tcp/443",
      }));
    const { roles } = suggest(["mail", "wiki", "files", "git"].flatMap(crowd));
    expect(roles.map(({ nodes }) => nodes.length).filter((size) => size > 1)).toEqual([140, 140, 140, 140]);
  });

  it("suggests nothing for no flows, nor for a node that calls itself", () => {
    expect(suggest([])).toEqual({ roles: [], rules: [], breaks: [] });
    expect(suggest([{ source: "a", destination: "a", service: "tcp/1" }]).roles).toEqual([]);
  });

  it("takes a service that nearly all use for one that the others use too", () => {
    const callers = Array.from({ length: 30 }, (_, index) => `caller-${String(index).padStart(2, "0")}`);
    const flows = callers.map((source) => ({ source, destination: "dns", service: "udp/53" }));
    const backup = ["a", "b"].map((source) => ({ source, destination: "backup", service: "tcp/22" }));
    const { roles, rules } = suggest([...flows, ...backup]);
    const nameServers = roles.findIndex(({ nodes }) => nodes.includes("dns"));
    const backedUp = roles.findIndex(({ nodes }) => nodes.includes("a"));
    expect(rules.find(({ from, to }) => from === backedUp && to === nameServers)).toMatchObject({
      service: "udp/53",
      seen: 0,
    });
  });
});

/** Written apart from the code: each flow is looked up in the lists of the suggestion. */
function notPermitted(flows: readonly SeenFlow[], { roles, rules }: ReturnType<typeof suggest>): SeenFlow[] {
  const isPermitted = ({ source, destination, service }: SeenFlow) =>
    rules.some(
      (rule) =>
        rule.service === service &&
        roles[rule.from]?.nodes.includes(source) &&
        roles[rule.to]?.nodes.includes(destination),
    );
  const keyOf = (flow: SeenFlow) => `${flow.source} ${flow.destination} ${flow.service}`;
  const left = new Map(flows.filter((flow) => !isPermitted(flow)).map((flow) => [keyOf(flow), flow]));
  return [...left].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, flow]) => flow);
}

describe("a sample of too many flows", () => {
  const flows = watched(SHOPS, { seen: 1, chance: 0, seed: 1 });

  it("is the same whatever their order, and has its share of each service", () => {
    const sample = bounded(flows, { nodes: 1_000, flows: Math.ceil(flows.length / 2) });
    expect(sample).toHaveLength(Math.ceil(flows.length / 2));
    expect(bounded(flows.toReversed(), { nodes: 1_000, flows: sample.length })).toEqual(sample);
    for (const service of ["udp/53", "tcp/9100"])
      expect(Math.abs(count(sample, service) / count(flows, service) - 0.5)).toBeLessThan(0.15);
  });

  it("has no flow of a node that was left out", () => {
    const sample = bounded(flows, { nodes: 20, flows: 1_000 });
    const nodes = new Set(sample.flatMap(({ source, destination }) => [source, destination]));
    expect(nodes.size).toBeLessThanOrEqual(20);
    expect(sample.length).toBeGreaterThan(0);
  });
});
