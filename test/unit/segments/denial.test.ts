import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Grant, Traffic } from "../../../shared/node/config/types.ts";
import { createSegmentIndex } from "../../../shared/segments/segment-index.ts";
import { coversTraffic, sharesTraffic } from "../../../shared/segments/traffic-sets.ts";
import type {
  NodeFacts,
  PeerLink,
  SegmentIndex,
  SegmentRule,
  Selector,
} from "../../../shared/segments/types.ts";
import { drawn, SEED } from "../../support/sample.ts";
import { type End, type Packet, permits } from "./reference.ts";

const facts = (id: string, more: Partial<NodeFacts> = {}): NodeFacts => ({
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
});
const ANY: Selector = { kind: "any" };
const tag = (name: string): Selector => ({ kind: "tag", tag: name });
const subnet = (prefix: string): Selector => ({ kind: "subnet", prefix });
const tcp = (...ports: Traffic["ports"]): Traffic => ({ protocol: "tcp", ports });
const EVERYTHING: Traffic = { protocol: "any", ports: [] };

interface Rule {
  readonly from?: Selector;
  readonly to?: Selector;
  readonly traffic?: Traffic;
}
const rule =
  (effect?: "deny") =>
  (id: string, { from = ANY, to = ANY, traffic = EVERYTHING }: Rule): SegmentRule => ({
    id,
    name: id,
    from: [from],
    to: [to],
    traffic: [traffic],
    ...(effect && { effect }),
  });
const allow = rule();
const deny = rule("deny");

function indexOf(nodes: readonly NodeFacts[], rules: readonly SegmentRule[]): SegmentIndex {
  const index = createSegmentIndex();
  for (const each of nodes) index.upsert(each);
  index.setRules(rules);
  return index;
}
const linkOf = (index: SegmentIndex, viewer: string, peer: string): PeerLink | undefined =>
  index.linksOf(viewer).find((link) => link.peer === peer);

describe("a rule that denies", () => {
  const nodes = [facts("a", { tags: ["web"] }), facts("b", { tags: ["db"] })];
  const web = { from: tag("web"), to: tag("db") };

  test("stands beside what it touches, at both ends", () => {
    const index = indexOf(nodes, [allow("r1", web), deny("r2", { ...web, traffic: tcp([22, 22]) })]);
    const denied = { rule: "r2" };
    expect(linkOf(index, "a", "b")).toMatchObject({
      outbound: [{ rule: "r1" }],
      denied: { inbound: [], outbound: [denied] },
    });
    expect(linkOf(index, "b", "a")).toMatchObject({
      inbound: [{ rule: "r1" }],
      denied: { inbound: [denied], outbound: [] },
    });
  });

  test("opens nothing, and is not told where it touches nothing", () => {
    expect(indexOf(nodes, [deny("r1", web)]).linksOf("a")).toEqual([]);
    const apart = indexOf(nodes, [
      allow("r1", { ...web, traffic: tcp([443, 443]) }),
      deny("r2", { ...web, traffic: tcp([80, 80]) }),
      deny("r3", { from: tag("db"), to: tag("web") }),
    ]);
    expect(linkOf(apart, "a", "b")?.denied).toBeUndefined();
  });

  test("takes the peer away when nothing of what is allowed is left", () => {
    const rules = [
      allow("r1", { ...web, traffic: tcp([10, 20]) }),
      deny("r2", { ...web, traffic: tcp([1, 15]) }),
      deny("r3", { ...web, traffic: tcp([16, 30]) }),
    ];
    expect(indexOf(nodes, rules).linksOf("a")).toEqual([]);
    expect(linkOf(indexOf(nodes, rules.slice(0, 2)), "a", "b")?.outbound).toEqual([{ rule: "r1" }]);
  });

  test("leaves the peer where it holds only for a time", () => {
    const timed = { ...deny("r2", web), notAfter: 1 };
    const link = linkOf(indexOf(nodes, [allow("r1", web), timed]), "a", "b");
    expect(link).toMatchObject({ outbound: [{ rule: "r1" }], denied: { outbound: [{ rule: "r2" }] } });
  });

  test.each([
    ["contains", "10.1.0.0/16", "10.0.0.0/8", "10.1.0.0/16"],
    ["lies inside of", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.0/24"],
  ])("of a subnet that %s a router's route holds at that router", (_, route, denied, block) => {
    const index = indexOf(
      [facts("a"), facts("r", { routes: [route] })],
      [allow("r1", { to: subnet(route) }), deny("r2", { to: subnet(denied), traffic: tcp([22, 22]) })],
    );
    expect(linkOf(index, "a", "r")?.denied).toEqual({ inbound: [], outbound: [{ rule: "r2", to: [block] }] });
  });

  test("of a subnet of the Internet holds through exit nodes", () => {
    const index = indexOf(
      [facts("a", { exitNode: "x" }), facts("x", { routes: ["0.0.0.0/0"] })],
      [allow("r1", { to: { kind: "internet" } }), deny("r2", { to: subnet("1.1.1.0/24") })],
    );
    const denied = [{ rule: "r2", to: ["1.1.1.0/24"] }];
    expect(linkOf(index, "a", "x")?.denied?.outbound).toEqual(denied);
    expect(linkOf(index, "x", "a")?.denied?.inbound).toEqual(denied);
  });

  test("takes what it touches away where no more denials fit", () => {
    const many = Array.from({ length: 70 }, (_, n) =>
      deny(`d${String(n).padStart(2, "0")}`, { ...web, traffic: tcp([1_000 + n, 1_000 + n]) }),
    );
    const index = indexOf(nodes, [
      ...many,
      allow("r1", { ...web, traffic: tcp([1_000, 2_000]) }),
      allow("r2", { ...web, traffic: tcp([900, 1_010]) }),
    ]);
    const link = linkOf(index, "a", "b");
    expect(link?.denied?.outbound).toHaveLength(64);
    expect(link?.outbound).toEqual([{ rule: "r2" }]);
    const few = indexOf(nodes, [...many.slice(0, 64), allow("r3", { ...web, traffic: tcp([1, 1_068]) })]);
    expect(linkOf(few, "a", "b")?.outbound).toEqual([{ rule: "r3" }]);
  });
});

const IDS = ["a", "b", "c", "x"];
const BLOCKS = ["10.0.0.0/8", "10.64.0.0/10", "10.64.0.0/16", "192.168.0.0/24", "1.1.1.0/24"];
const ADDRESSES = ["10.0.0.1", "10.64.0.1", "10.65.0.1", "192.168.0.1", "1.1.1.1", "8.8.8.8"];
const TRAFFIC: Traffic[] = [
  EVERYTHING,
  { protocol: "icmp", ports: [] },
  { protocol: "udp", ports: [] },
  tcp(),
  tcp([443, 443]),
  tcp([1, 80], [400, 500]),
];

const anyEnd = fc.oneof(
  fc.constant(ANY),
  fc.constantFrom("web", "db").map(tag),
  fc.constantFrom(...IDS).map((node): Selector => ({ kind: "node", node })),
  fc.constantFrom(...BLOCKS).map(subnet),
);
const anyRule = fc.record({
  effect: fc.constantFrom("allow", "allow", "deny"),
  from: fc.array(anyEnd, { minLength: 1, maxLength: 2 }),
  to: fc.array(fc.oneof(anyEnd, fc.constant<Selector>({ kind: "internet" })), { minLength: 1, maxLength: 2 }),
  traffic: fc.array(fc.constantFrom(...TRAFFIC), { minLength: 1, maxLength: 2 }),
});
const anyNetwork = fc.record({
  nodes: fc.tuple(
    ...IDS.map((id) =>
      fc
        .record({
          tags: fc.subarray(["web", "db"]),
          routes: fc.oneof(fc.constant([]), fc.subarray([...BLOCKS, "0.0.0.0/0"], { maxLength: 3 })),
          exitNode: fc.constantFrom(null, "x", "c"),
          quarantined: fc.nat(12).map((n) => n === 0),
        })
        .map((more) => facts(id, more)),
    ),
  ),
  rules: fc.array(anyRule, { maxLength: 6 }).map((drawn) =>
    drawn.map(({ effect, ...rest }, n): SegmentRule => {
      const id = `r${n}`;
      return { id, name: id, ...rest, ...(effect === "deny" && { effect }) };
    }),
  ),
});

/** Whether the link that the source has to the destination lets the packet out. */
function passes(
  index: SegmentIndex,
  rules: readonly SegmentRule[],
  { from, to, protocol, port }: Packet,
): boolean {
  const link = linkOf(index, from.node.id, to.node.id);
  const says = (grant: Grant): boolean =>
    isAt(grant.from, from) &&
    isAt(grant.to, to) &&
    sharesTraffic(rules.find(({ id }) => id === grant.rule)?.traffic ?? [], [
      { protocol, ports: protocol === "icmp" ? [] : [[port, port]] },
    ]);
  return (link?.outbound.some(says) ?? false) && !(link?.denied?.outbound.some(says) ?? false);
}

const isAt = (blocks: readonly string[] | undefined, { behind }: End): boolean =>
  blocks === undefined || behind === undefined
    ? blocks === undefined && behind === undefined
    : blocks.some((block) => (block === "0.0.0.0/0" ? isPublic(behind) : inBlock(block, behind)));
const isPublic = (address: string) => !/^(10|192)\./.test(address);
const bits = (address: string) =>
  address
    .split(".")
    .map((byte) => Number(byte).toString(2).padStart(8, "0"))
    .join("");
const inBlock = (block: string, address: string): boolean => {
  const [first = "", length = "32"] = block.split("/");
  return bits(address).startsWith(bits(first).slice(0, Number(length)));
};

describe("any network", () => {
  const PROBES = [
    ["tcp", 443],
    ["tcp", 80],
    ["tcp", 9],
    ["tcp", 501],
    ["udp", 53],
    ["icmp", 0],
  ] as const;

  test("lets out exactly what the rules permit, read one by one", () => {
    fc.assert(
      fc.property(anyNetwork, ({ nodes, rules }) => {
        const index = indexOf(nodes, rules);
        for (const from of nodes) {
          for (const to of nodes) {
            const behinds = [undefined, ...ADDRESSES];
            const ends = (node: NodeFacts): End[] =>
              behinds.map((behind) => (behind === undefined ? { node } : { node, behind }));
            const sources = ends(from).filter(
              ({ behind }) =>
                behind === undefined ||
                from.routes.some((route) => !/\/0$/.test(route) && inBlock(route, behind)),
            );
            for (const source of sources) {
              for (const destination of ends(to)) {
                for (const [protocol, port] of PROBES) {
                  const packet: Packet = { from: source, to: destination, protocol, port };
                  expect(passes(index, rules, packet), JSON.stringify(packet)).toBe(permits(rules, packet));
                }
              }
            }
          }
        }
      }),
      { seed: SEED, numRuns: drawn(12, 2_000) },
    );
  });

  test("says the same at both ends of a link", () => {
    fc.assert(
      fc.property(anyNetwork, ({ nodes, rules }) => {
        const index = indexOf(nodes, rules);
        for (const { id } of nodes) {
          for (const link of index.linksOf(id)) {
            const back = linkOf(index, link.peer, id);
            expect(back?.inbound).toEqual(link.outbound);
            expect(back?.denied?.inbound ?? []).toEqual(link.denied?.outbound ?? []);
          }
        }
      }),
      { seed: SEED, numRuns: drawn(100, 2_000) },
    );
  });
});

describe("lists of traffic", () => {
  const families = TRAFFIC.flatMap((each) => [
    each,
    { ...each, family: 4 as const },
    { ...each, family: 6 as const },
  ]);
  const some = fc.array(fc.constantFrom(...families), { maxLength: 3 });
  const packets = ["tcp", "udp", "icmp", "sctp"]
    .flatMap((protocol) =>
      (protocol === "tcp" || protocol === "udp" ? [1, 80, 81, 400, 443, 500, 501, 65_535] : [0]).map(
        (port) => ({ protocol, port }),
      ),
    )
    .flatMap((packet) => ([4, 6] as const).map((version) => ({ ...packet, version })));
  const has = (list: readonly Traffic[], { protocol, port, version }: (typeof packets)[number]) =>
    list.some(
      (each) =>
        (each.family ?? version) === version &&
        (each.protocol === "any" ||
          (each.protocol === protocol &&
            (each.ports.length === 0 || each.ports.some(([a, b]) => a <= port && port <= b)))),
    );

  test("share and contain packets as one by one", () => {
    fc.assert(
      fc.property(some, some, (a, b) => {
        expect(sharesTraffic(a, b)).toBe(packets.some((packet) => has(a, packet) && has(b, packet)));
        expect(coversTraffic(a, b)).toBe(packets.every((packet) => !has(b, packet) || has(a, packet)));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
