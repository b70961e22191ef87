import { ALL_OF_RULES } from "../../../../shared/node/config/rule-terms.ts";
import type { Traffic } from "../../../../shared/node/config/types.ts";
import type { Isolated } from "../../../../shared/segments/isolation.ts";
import { createSegmentIndex } from "../../../../shared/segments/segment-index.ts";
import type {
  NodeFacts,
  SegmentIndex,
  SegmentRule,
  Selector,
  World,
} from "../../../../shared/segments/types.ts";

/** Networks by chance, in which each thing that decides about a packet comes up. */

const TRAFFIC: readonly Traffic[] = [
  { protocol: "any", ports: [] },
  { protocol: "any", family: 6, ports: [] },
  { protocol: "icmp", ports: [] },
  { protocol: "icmp", ports: [[8, 8]] },
  {
    protocol: "icmp",
    family: 4,
    ports: [
      [8, 8],
      [13, 13],
    ],
  },
  { protocol: "other", ports: [] },
  { protocol: "tcp", ports: [] },
  { protocol: "tcp", family: 4, ports: [[22, 22]] },
  { protocol: "tcp", ports: [[1, 1_000]] },
  {
    protocol: "tcp",
    ports: [
      [443, 443],
      [8_000, 8_100],
    ],
  },
  { protocol: "udp", ports: [[53, 53]] },
  { protocol: "udp", ports: [[50, 443]] },
];
const BLOCKS = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "203.0.113.0/24"];
const ROUTES = [...BLOCKS, "0.0.0.0/0", "192.168.7.0/24"];
const TAGS = ["web", "db", "ops"];
const SEGMENTS = ["seg_1", "seg_2"];
const MICROSEGMENTS = ["mic_1", "mic_2"];
const USERS = ["ada@example.com", "bob@example.com"];
/** The moment at which the networks are looked at. */
export const NOW = Date.UTC(2026, 10, 30, 12, 0);

/** What agents know of rules: those of today, of yesterday, and of before. */
export const drawKnowledge = ({ chance }: Draw): number => (chance(0.7) ? ALL_OF_RULES : chance(0.5) ? 4 : 0);

export interface Draw {
  readonly pick: <T>(list: readonly T[]) => T;
  readonly chance: (share: number) => boolean;
}
export const drawBy = (random: () => number): Draw => ({
  pick: (list) => list[Math.floor(random() * list.length)] as never,
  chance: (share) => random() < share,
});

const idOf = (n: number): string => `nod_${String(n).padStart(2, "0")}`;

export function drawNode({ pick, chance }: Draw, n: number, count: number): NodeFacts {
  const microsegments = MICROSEGMENTS.filter(() => chance(0.3));
  const contained = chance(0.05);
  return {
    id: idOf(n),
    name: `n${n}`,
    segment: pick(SEGMENTS),
    tags: TAGS.filter(() => chance(0.4)),
    user: pick([...USERS, null]),
    ipv4: `100.64.0.${n + 1}`,
    ipv6: `fd00::${(n + 1).toString(16)}`,
    routes: !contained && chance(0.3) ? ROUTES.filter(() => chance(0.4)) : [],
    exitNode: !contained && chance(0.4) ? idOf(Math.floor(n / 2) % count) : null,
    quarantined: chance(0.05),
    microsegments,
    confinedBy: [...new Set([...microsegments, ...MICROSEGMENTS.filter(() => chance(0.15))])].sort(),
    contained,
  };
}

export function drawRule({ pick, chance }: Draw, n: number, count: number): SegmentRule {
  const end = (isDestination: boolean): Selector =>
    pick<() => Selector>([
      () => ({ kind: "any" }),
      () => ({ kind: "segment", segment: pick([...SEGMENTS, ...MICROSEGMENTS]) }),
      () => ({ kind: "segment", segment: pick(MICROSEGMENTS) }),
      () => ({ kind: "tag", tag: pick(TAGS) }),
      () => ({ kind: "tag", tag: pick(TAGS) }),
      () => ({ kind: "user", user: pick(USERS) }),
      () => ({ kind: "node", node: idOf(Math.floor(Number(chance(0.5)) * (count - 1))) }),
      () => ({ kind: "subnet", prefix: pick(BLOCKS) }),
      () => (isDestination ? { kind: "internet" } : { kind: "quarantine" }),
    ])();
  const id = `rule_${String(n).padStart(4, "0")}`;
  return {
    id,
    name: id,
    from: chance(0.2) ? [end(false), end(false)] : [end(false)],
    to: chance(0.2) ? [end(true), end(true)] : [end(true)],
    traffic: chance(0.2) ? [pick(TRAFFIC), pick(TRAFFIC)] : [pick(TRAFFIC)],
    ...(chance(0.35) && { effect: "deny" as const }),
    ...(chance(0.1) && { notBefore: NOW + pick([-1, 1]) * 3_600_000 }),
    ...(chance(0.1) && { notAfter: NOW + pick([-1, 1]) * 7_200_000 }),
  };
}

const drawLevels = ({ pick, chance }: Draw): Isolated[] =>
  MICROSEGMENTS.map((id) => ({
    id,
    name: id,
    isolation: chance(0.5) ? "standard" : pick(["open", "strict", "quarantine"]),
    remediation: chance(0.7) ? [{ kind: "tag", tag: "ops" }] : [],
    atMost: chance(0.3) ? [pick(TRAFFIC), pick(TRAFFIC)] : [],
  }));

export function drawWorld(draw: Draw, count: number, rules: number): World {
  const nodes = Array.from({ length: count }, (_, n) => drawNode(draw, n, count));
  return {
    nodes: new Map(nodes.map((node) => [node.id, node])),
    rules: Array.from({ length: rules }, (_, n) => drawRule(draw, n, count)),
    microsegments: drawLevels(draw),
  };
}

/** The same nodes with some other rules, levels and facts. */
export function drawChange(draw: Draw, world: World): World {
  const { chance } = draw;
  const count = world.nodes.size;
  const nodes = [...world.nodes.values()].map((node, n) => (chance(0.1) ? drawNode(draw, n, count) : node));
  return {
    nodes: new Map(nodes.map((node) => [node.id, node])),
    rules: world.rules.flatMap((rule, n) =>
      chance(0.15) ? [] : [chance(0.2) ? { ...drawRule(draw, n, count), id: rule.id } : rule],
    ),
    microsegments: chance(0.3) ? drawLevels(draw) : world.microsegments,
  };
}

export function indexOf({ nodes, rules, microsegments }: World): SegmentIndex {
  const index = createSegmentIndex();
  for (const node of nodes.values()) index.upsert(node);
  index.setMicrosegments(microsegments);
  index.setRules(rules);
  return index;
}
