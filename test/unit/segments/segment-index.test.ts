import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSegmentIndex } from "../../../shared/segments/segment-index.ts";
import type { NodeFacts, SegmentIndex, SegmentRule, Selector } from "../../../shared/segments/types.ts";
import { holds, type NaiveLink, type Network, naiveLinks, naiveWay } from "./naive.ts";

const SEED = 20261124;

function facts(id: string, more: Partial<NodeFacts> = {}): NodeFacts {
  return {
    id,
    name: id,
    segment: "seg_1",
    tags: [],
    user: null,
    ipv4: "100.64.0.1",
    ipv6: "fd00::1",
    routes: [],
    exitNode: null,
    quarantined: false,
    microsegments: [],
    confinedBy: [],
    ...more,
  };
}

const TCP_443 = [{ protocol: "tcp", ports: [[443, 443]] }] as const;
const rule = (id: string, from: readonly Selector[], to: readonly Selector[]): SegmentRule => ({
  id,
  name: id,
  from,
  to,
  traffic: TCP_443,
});
const ANY: Selector = { kind: "any" };
const INTERNET: Selector = { kind: "internet" };
const tag = (name: string): Selector => ({ kind: "tag", tag: name });
const node = (id: string): Selector => ({ kind: "node", node: id });
const subnet = (prefix: string): Selector => ({ kind: "subnet", prefix });

function indexOf(nodes: readonly NodeFacts[], rules: readonly SegmentRule[]): SegmentIndex {
  const index = createSegmentIndex();
  for (const each of nodes) index.upsert(each);
  index.setRules(rules);
  return index;
}

describe("links", () => {
  test("without a rule there are none", () => {
    const index = indexOf([facts("a"), facts("b")], []);
    expect(index.linksOf("a")).toEqual([]);
    expect(index.linksOf("unknown")).toEqual([]);
  });

  test("both ends list each other when one direction is permitted, and nobody lists itself", () => {
    const index = indexOf([facts("a", { tags: ["web"] }), facts("b")], [rule("r1", [tag("web")], [ANY])]);
    expect(index.linksOf("a")).toEqual([{ peer: "b", inbound: [], outbound: [{ rule: "r1" }], routes: [] }]);
    expect(index.linksOf("b")).toEqual([{ peer: "a", inbound: [{ rule: "r1" }], outbound: [], routes: [] }]);
  });

  test("a quarantined node has none, and nobody has it, until it is released", () => {
    const index = indexOf([facts("a"), facts("b", { quarantined: true })], [rule("r1", [ANY], [ANY])]);
    expect([...index.linksOf("a"), ...index.linksOf("b")]).toEqual([]);
    expect(index.node("b")?.quarantined).toBe(true);
    expect([...index.upsert(facts("b"))].sort()).toEqual(["a", "b"]);
    expect(index.linksOf("b").map(({ peer }) => peer)).toEqual(["a"]);
  });

  test("a contained node has only what rules let the quarantine reach, whatever else names it, until its release", () => {
    const here: Selector = { kind: "quarantine" };
    const rules = [
      rule("r1", [ANY], [ANY]),
      rule("r2", [node("b")], [node("a")]),
      rule("r3", [here], [tag("fix")]),
      rule("r4", [tag("fix")], [here]),
    ];
    const all = [facts("a"), facts("b"), facts("c", { tags: ["fix"] })];
    const index = indexOf(all, rules);
    expect(index.linksOf("b").map(({ peer }) => peer)).toEqual(["a", "c"]);
    expect([...index.upsert(facts("b", { contained: true }))].sort()).toEqual(["a", "b", "c"]);
    expect(index.linksOf("b")).toEqual([
      { peer: "c", inbound: [{ rule: "r4" }], outbound: [{ rule: "r3" }], routes: [] },
    ]);
    expect(index.linksOf("a").map(({ peer }) => peer)).toEqual(["c"]);
    // Two contained nodes do not reach each other either.
    index.upsert(facts("a", { contained: true }));
    expect(index.linksOf("a").map(({ peer }) => peer)).toEqual(["c"]);
    index.upsert(facts("a"));
    index.upsert(facts("b"));
    expect(index.linksOf("b").map(({ peer }) => peer)).toEqual(["a", "c"]);
  });

  test("a subnet lies behind the router whose approved route contains it, and only the block is routed", () => {
    const index = indexOf(
      [
        facts("a", { tags: ["web"] }),
        facts("r", { routes: ["10.0.0.0/8"] }),
        facts("s", { routes: ["10.98.0.0/16"] }),
      ],
      [rule("r1", [tag("web")], [subnet("10.99.0.0/16")])],
    );
    const grant = { rule: "r1", to: ["10.99.0.0/16"] };
    expect(index.linksOf("a")).toEqual([
      { peer: "r", inbound: [], outbound: [grant], routes: ["10.99.0.0/16"] },
    ]);
    expect(index.linksOf("r")).toEqual([{ peer: "a", inbound: [grant], outbound: [], routes: [] }]);
    expect(index.linksOf("s")).toEqual([]);
  });

  test("a router that forwards to something else is no way to what it forwarded to", () => {
    const router = facts("r", { routes: ["10.0.0.0/8"] });
    const index = indexOf(
      [facts("a"), router],
      [rule("r1", [node("a")], [subnet("10.1.0.0/16")]), rule("r2", [node("a")], [node("r")])],
    );
    const rulesTo = () => index.linksOf("a").flatMap(({ outbound }) => outbound.map((grant) => grant.rule));
    expect(rulesTo()).toEqual(["r1", "r2"]);
    expect([...index.upsert({ ...router, routes: ["10.2.0.0/16"] })].sort()).toEqual(["a", "r"]);
    expect(rulesTo()).toEqual(["r2"]);
  });

  test("a rule that names a router does not open what lies behind it", () => {
    const index = indexOf(
      [facts("a"), facts("r", { tags: ["router"], routes: ["10.0.0.0/8"] })],
      [rule("r1", [ANY], [tag("router")])],
    );
    expect(index.linksOf("a")).toEqual([{ peer: "r", inbound: [], outbound: [{ rule: "r1" }], routes: [] }]);
  });

  test("two subnets make their routers peers, though neither is named itself", () => {
    const index = indexOf(
      [facts("r", { routes: ["10.1.0.0/16"] }), facts("s", { routes: ["10.2.0.0/16"] })],
      [rule("r1", [subnet("10.1.0.0/16")], [subnet("10.2.0.0/16")])],
    );
    const grant = { rule: "r1", from: ["10.1.0.0/16"], to: ["10.2.0.0/16"] };
    expect(index.linksOf("r")).toEqual([
      { peer: "s", inbound: [], outbound: [grant], routes: ["10.2.0.0/16"] },
    ]);
    expect(index.linksOf("s")).toEqual([
      { peer: "r", inbound: [grant], outbound: [], routes: ["10.1.0.0/16"] },
    ]);
  });

  test("the Internet lies behind the approved exit node that the source chose", () => {
    const exit = facts("x", { routes: ["0.0.0.0/0", "::/0"] });
    const rules = [rule("r1", [tag("web")], [INTERNET])];
    const chooser = facts("a", { tags: ["web"], exitNode: "x" });
    const grant = { rule: "r1", to: ["0.0.0.0/0", "::/0"] };
    const index = indexOf(
      [chooser, facts("b", { tags: ["web"] }), facts("c", { exitNode: "x" }), exit],
      rules,
    );
    expect(index.linksOf("a")).toEqual([
      { peer: "x", inbound: [], outbound: [grant], routes: ["0.0.0.0/0", "::/0"] },
    ]);
    expect(index.linksOf("x")).toEqual([{ peer: "a", inbound: [grant], outbound: [], routes: [] }]);
    expect([...index.linksOf("b"), ...index.linksOf("c")]).toEqual([]);
    expect([...index.upsert({ ...exit, routes: [] })].sort()).toEqual(["a", "x"]);
    expect([...index.linksOf("a"), ...index.linksOf("x")]).toEqual([]);
  });

  test("an exit node contains no subnet", () => {
    const index = indexOf(
      [facts("a"), facts("x", { routes: ["0.0.0.0/0"] })],
      [rule("r1", [ANY], [subnet("10.0.0.0/8"), subnet("0.0.0.0/0")])],
    );
    expect(index.linksOf("a")).toEqual([]);
  });

  test("selectors that can't be meant select nothing", () => {
    const index = indexOf(
      [facts("a", { routes: ["10.0.0.5/8", "nonsense"], exitNode: "a" })],
      [
        rule("r1", [INTERNET], [ANY]),
        rule("r2", [subnet("10.0.0.0/33")], [ANY]),
        rule("r3", [ANY], [INTERNET]),
      ],
    );
    index.upsert(facts("b"));
    expect(index.linksOf("b")).toEqual([]);
  });
});

describe("two ways to one address", () => {
  const client = facts("client", { tags: ["web"] });
  const ways = (nodes: readonly NodeFacts[], ...blocks: string[]) =>
    Object.fromEntries(
      indexOf([client, ...nodes], [rule("r1", [tag("web")], blocks.map(subnet))])
        .linksOf("client")
        .map(({ peer, routes }) => [peer, routes]),
    );

  test("equal routes go to the lowest id; the other router is a peer in waiting", () => {
    const routers = [facts("s", { routes: ["10.0.0.0/8"] }), facts("r", { routes: ["10.0.0.0/8"] })];
    expect(ways(routers, "10.0.0.0/8")).toEqual({ r: ["10.0.0.0/8"], s: [] });
  });

  test("the closer router takes its block, which is cut out of the larger one", () => {
    const routers = [facts("r", { routes: ["10.0.0.0/8"] }), facts("s", { routes: ["10.64.0.0/10"] })];
    expect(ways(routers, "10.0.0.0/8", "10.64.0.0/10")).toEqual({
      r: ["10.0.0.0/10", "10.128.0.0/9"],
      s: ["10.64.0.0/10"],
    });
  });

  test("a node never sends its own network through another one", () => {
    const routers = [
      facts("r", { tags: ["web"], routes: ["10.0.0.0/8"] }),
      facts("s", { routes: ["10.0.0.0/8"] }),
    ];
    const index = indexOf(routers, [rule("r1", [tag("web")], [subnet("10.0.0.0/8")])]);
    expect(index.linksOf("r").map(({ peer, routes }) => [peer, routes])).toEqual([["s", []]]);
  });
});

describe("the rules that concern a segment", () => {
  test("are those that name one of its nodes, in order", () => {
    const index = indexOf(
      [facts("a", { tags: ["web"] }), facts("b", { segment: "seg_2", user: "ada@example.com" })],
      [
        rule("r3", [ANY], [tag("none")]),
        rule("r2", [{ kind: "user", user: "ada@example.com" }], [node("zzz")]),
        rule("r1", [tag("web")], [tag("web")]),
        rule("r4", [{ kind: "segment", segment: "seg_2" }], [node("a")]),
      ],
    );
    expect(index.rulesOf("seg_1").map(({ id }) => id)).toEqual(["r1", "r3", "r4"]);
    expect(index.rulesOf("seg_2").map(({ id }) => id)).toEqual(["r2", "r3", "r4"]);
    expect(index.rulesOf("seg_3")).toEqual([]);
  });
});

const IDS = ["a", "b", "c", "d", "e", "f"];
const BLOCKS = [
  "10.0.0.0/8",
  "10.0.0.0/9",
  "10.64.0.0/10",
  "10.64.0.0/16",
  "10.128.0.0/16",
  "192.168.0.0/24",
];
const PROBES = ["10.0.0.1", "10.64.0.1", "10.65.0.1", "10.128.0.1", "10.200.0.1", "192.168.0.1", "1.1.1.1"];

const anySelector: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant(ANY),
  fc.constant<Selector>({ kind: "quarantine" }),
  fc.constantFrom("seg_1", "seg_2").map((segment): Selector => ({ kind: "segment", segment })),
  fc.constantFrom("web", "db").map(tag),
  fc.constantFrom("ada", "bob").map((user): Selector => ({ kind: "user", user })),
  fc.constantFrom(...IDS).map(node),
  fc.constantFrom(...BLOCKS).map(subnet),
);
const anyNode: fc.Arbitrary<NodeFacts> = fc
  .record({
    id: fc.constantFrom(...IDS),
    name: fc.constantFrom("n", "m"),
    segment: fc.constantFrom("seg_1", "seg_2"),
    tags: fc.subarray(["web", "db"]),
    user: fc.constantFrom("ada", "bob", null),
    ipv4: fc.constant("100.64.0.1"),
    ipv6: fc.constant("fd00::1"),
    routes: fc.oneof(fc.constant([]), fc.subarray([...BLOCKS, "0.0.0.0/0", "::/0"], { maxLength: 4 })),
    exitNode: fc.option(fc.constantFrom(...IDS), { freq: 2 }),
    quarantined: fc.nat(9).map((n) => n === 0),
    microsegments: fc.constant([]),
    confinedBy: fc.constant([]),
    contained: fc.nat(3).map((n) => n === 0),
  })
  // A contained node stands in front of nothing and uses no exit node: see `factsOf`.
  .map((facts) => (facts.contained ? { ...facts, routes: [], exitNode: null } : facts));
const anyRules: fc.Arbitrary<SegmentRule[]> = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom("r1", "r2", "r3", "r4"),
    name: fc.constant("rule"),
    from: fc.array(anySelector, { minLength: 1, maxLength: 3 }),
    to: fc.array(fc.oneof(anySelector, fc.constant(INTERNET)), { minLength: 1, maxLength: 3 }),
    traffic: fc.constant(TCP_443),
  }),
  { selector: ({ id }) => id, maxLength: 4 },
);
type Change =
  | { readonly upsert: NodeFacts }
  | { readonly remove: string }
  | { readonly rules: readonly SegmentRule[] };
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: anyNode.map((upsert) => ({ upsert })) },
  { weight: 1, arbitrary: fc.constantFrom(...IDS).map((remove) => ({ remove })) },
  { weight: 2, arbitrary: anyRules.map((rules) => ({ rules })) },
);

function apply(network: Network, index: SegmentIndex, change: Change): [Network, ReadonlySet<string>] {
  if ("rules" in change) return [{ ...network, rules: change.rules }, index.setRules(change.rules)];
  const nodes = new Map(network.nodes);
  if ("remove" in change) {
    nodes.delete(change.remove);
    return [{ ...network, nodes }, index.remove(change.remove)];
  }
  nodes.set(change.upsert.id, change.upsert);
  return [{ ...network, nodes }, index.upsert(change.upsert)];
}

/** Through which peers the viewer's routes lead to the address, default routes aside. */
const waysOf = (index: SegmentIndex, viewer: string, address: string): string[] =>
  index
    .linksOf(viewer)
    .filter(({ routes }) => routes.some((route) => !/\/0$/.test(route) && holds(route, address)))
    .map(({ peer }) => peer);

describe("any history of changes", () => {
  const withoutRoutes = (index: SegmentIndex, id: string): NaiveLink[] =>
    index.linksOf(id).map(({ peer, inbound, outbound }) => ({ peer, inbound, outbound }));

  test("leads to the links that the facts alone give, and names every node whose links changed", () => {
    fc.assert(
      fc.property(fc.array(anyChange, { minLength: 1, maxLength: 25 }), (changes) => {
        const index = createSegmentIndex();
        let network: Network = { nodes: new Map(), rules: [] };
        let before = new Map(IDS.map((id) => [id, JSON.stringify(index.linksOf(id))]));
        for (const change of changes) {
          const [next, affected] = apply(network, index, change);
          network = next;
          const after = new Map(IDS.map((id) => [id, JSON.stringify(index.linksOf(id))]));
          for (const id of IDS) {
            expect(withoutRoutes(index, id)).toEqual(naiveLinks(network, id));
            if (before.get(id) !== after.get(id)) expect(affected).toContain(id);
          }
          before = after;
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test("gives each address behind routers the one way that the facts give", () => {
    fc.assert(
      fc.property(fc.array(anyNode, { minLength: 2, maxLength: 12 }), anyRules, (nodes, rules) => {
        const index = indexOf(nodes, rules);
        const network = { nodes: new Map(nodes.map((each) => [each.id, each])), rules };
        for (const id of IDS) {
          for (const address of PROBES) {
            const way = naiveWay(network, id, address);
            expect(waysOf(index, id, address)).toEqual(way === null ? [] : [way]);
          }
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("gives a segment every rule that a link of its nodes cites", () => {
    fc.assert(
      fc.property(fc.array(anyNode, { maxLength: 12 }), anyRules, (nodes, rules) => {
        const index = indexOf(nodes, rules);
        for (const id of IDS) {
          const known = new Set(index.rulesOf(index.node(id)?.segment ?? "").map((each) => each.id));
          for (const { inbound, outbound } of index.linksOf(id)) {
            for (const grant of [...inbound, ...outbound]) expect(known).toContain(grant.rule);
          }
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe("a change", () => {
  /** 50 teams of 20 nodes, each open within itself. */
  const teams = Array.from({ length: 50 }, (_, team) => `team-${team}`);
  const nodes = teams.flatMap((team) =>
    Array.from({ length: 20 }, (_, i) => facts(`${team}-${i}`, { tags: [team], ipv4: `100.64.0.${i + 1}` })),
  );
  const rules = teams.map((team) => rule(team, [tag(team)], [tag(team)]));
  const team7 = nodes.filter(({ tags }) => tags.includes("team-7")).map(({ id }) => id);

  test("of a node concerns its peers and nobody else", () => {
    const index = indexOf(nodes, rules);
    expect([...index.upsert(facts("team-7-3", { tags: ["team-7"], name: "new" }))].sort()).toEqual(
      team7.sort(),
    );
    expect(index.upsert(facts("team-7-3", { tags: ["team-7"], name: "new" }))).toEqual(new Set());
    expect(index.remove("team-7-3").size).toBe(20);
    expect(index.remove("team-7-3").size).toBe(0);
    expect(index.upsert(facts("lone")).size).toBe(1);
  });

  test("of a rule concerns those whom it lets talk", () => {
    const index = indexOf(nodes, rules);
    const changed = rules.map((each) => (each.id === "team-7" ? { ...each, name: "renamed" } : each));
    expect([...index.setRules(changed)].sort()).toEqual(team7.sort());
    expect(index.setRules(changed)).toEqual(new Set());
    expect(index.setRules([...changed, rule("unused", [ANY], [tag("nothing")])])).toEqual(new Set());
  });
});
