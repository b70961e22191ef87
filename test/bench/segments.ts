import { spawnSync } from "node:child_process";
import { componentRule } from "../../shared/node/config/rule-terms.ts";
import type { ManifestDocument, PeerDocument, Traffic } from "../../shared/node/config/types.ts";
import { renderFilter, timed } from "../../shared/node/filter.ts";
import type { FactValue } from "../../shared/segments/criteria/facts.ts";
import { parseCriterion } from "../../shared/segments/criteria/parse.ts";
import type { Microsegment } from "../../shared/segments/microsegment.ts";
import { Placements } from "../../shared/segments/placements.ts";
import { createSegmentIndex } from "../../shared/segments/segment-index.ts";
import type { NodeFacts, SegmentIndex, SegmentRule, Selector } from "../../shared/segments/types.ts";
import { atLeast, atMost, type BenchResult, median, percentile } from "./support/result.ts";
import { differenceMs, whoCanReachMs } from "./support/segment-questions.ts";

/** Compiling rules: all nodes, one change, and what a node loads. Each node may talk to about 20 others, at any size. */

const SIZES = [1_000, 10_000];
const RULES = 1_000;
const GROUP = 20;
const CHANGES = 40;
const HASH = "A".repeat(43);

const address = (n: number): string => `100.64.${Math.floor(n / 250)}.${(n % 250) + 1}`;
const idOf = (n: number): string => `nod_${String(n).padStart(6, "0")}`;
const factsOf = (n: number, group: number): NodeFacts => ({
  id: idOf(n),
  name: `n${n}`,
  segment: "seg_1",
  tags: [`group-${group}`],
  user: null,
  ipv4: address(n),
  ipv6: `fd00::${(n + 1).toString(16)}`,
  routes: [],
  exitNode: null,
  quarantined: false,
  microsegments: [],
  confinedBy: [],
});

/** Two rules in three allow something within a group, one denies a part of it. */
function ruleOf(n: number, groups: number): SegmentRule {
  const tag: Selector = { kind: "tag", tag: `group-${n % groups}` };
  const traffic: Traffic[] = [{ protocol: "tcp", ports: [[1_000 + (n % 7), 2_000 + n]] }];
  const id = `rule_${String(n).padStart(4, "0")}`;
  return { id, name: id, from: [tag], to: [tag], traffic, ...(n % 3 === 0 && { effect: "deny" }) };
}

function rulesetOf(index: SegmentIndex, node: NodeFacts): string {
  const peers = index.linksOf(node.id).map(({ peer, inbound, outbound, denied }): PeerDocument => {
    const { name, ipv4, ipv6 } = index.node(peer) as NodeFacts;
    const fixed = { type: "peer", network: "net_1", record: HASH, routes: [], endpoints: [] } as const;
    return { ...fixed, node: peer, name, ipv4, ipv6, inbound, outbound, ...(denied && { denied }) };
  });
  const manifest: ManifestDocument = {
    type: "manifest",
    network: "net_1",
    node: node.id,
    name: node.name,
    domain: "corp.internal",
    segment: { id: "seg_1", name: "one" },
    ipv4: node.ipv4,
    ipv6: node.ipv6,
    mtu: 1_380,
    record: HASH,
    component: HASH,
    peers: [],
    forwards: [],
    leaseSeconds: 86_400,
  };
  const rules = index.rulesOf("seg_1").map(componentRule);
  const component = { type: "component", network: "net_1", segment: "seg_1", revision: 1, rules } as const;
  const fixed = { interfaceName: "wg0", port: 51_820, mark: 7, servesContainers: false, now: 0 };
  return timed(renderFilter({ ...fixed, manifest, component, peers }), 0);
}

/** Milliseconds of the processor: what else the machine does counts for nothing. */
function timeOf(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}

function waitOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

const PLACED = 10_000;
const MICROSEGMENTS = 200;
const LISTED = 100;

/** What a cold start costs: to find the microsegments of all nodes, by criteria and by lists of people. */
function placing(): number {
  const microsegments = Array.from({ length: MICROSEGMENTS }, (_, n): Microsegment => {
    const where = [
      `user.department == "d${n % 40}"`,
      `app.postgres >= ${n % 20}`,
      `user.groups has "g${n % 40}"`,
    ];
    const parsed = parseCriterion(where[n % where.length] ?? "");
    if (!parsed.ok) throw new Error(parsed.error.problem);
    const include = Array.from(
      { length: LISTED },
      (_, at) => ({ kind: "user", user: `u${n * LISTED + at}` }) as const,
    );
    const lists = { include, exclude: [], remediation: [], atMost: [], unless: null, acceptsClaims: false };
    return {
      id: `mic_${n}`,
      name: `m${n}`,
      type: "user",
      isolation: "standard",
      where: parsed.value,
      ...lists,
    };
  });
  const placements = new Placements();
  for (let n = 0; n < PLACED; n++) {
    const facts = new Map<string, FactValue>([
      ["user.department", `d${n % 40}`],
      ["user.groups", [`g${n % 40}`, `g${n % 39}`]],
      ["app.postgres", `${n % 25}.1`],
    ]);
    placements.place({ id: idOf(n), tags: [`t${n % 50}`], user: `u${n}` }, facts);
  }
  return timeOf(() => placements.setMicrosegments(microsegments));
}

export default async function segments(): Promise<BenchResult> {
  const metrics: Record<string, number> = {
    [`placing_ms_${PLACED}_nodes_${MICROSEGMENTS}_microsegments`]: placing(),
  };
  const goals = [];
  for (const size of SIZES) {
    const groups = Math.ceil(size / GROUP);
    const rules = Array.from({ length: RULES }, (_, n) => ruleOf(n, groups));
    const index = createSegmentIndex();
    metrics[`full_compile_ms_${size}`] = timeOf(() => {
      for (let n = 0; n < size; n++) index.upsert(factsOf(n, n % groups));
      index.setRules(rules);
      for (let n = 0; n < size; n++) index.linksOf(idOf(n));
    });
    const moves: number[] = [];
    const rewrites: number[] = [];
    for (let change = 0; change < CHANGES; change++) {
      const n = (change * 37) % size;
      moves.push(
        timeOf(() => {
          for (const id of index.upsert(factsOf(n, (n + 1 + change) % groups))) index.linksOf(id);
        }),
      );
      // The registry is read anew after each change: no rule is the object that it was.
      const changed = structuredClone(rules).map((rule, at) =>
        at === change ? { ...rule, traffic: [{ protocol: "udp" as const, ports: [] }] } : rule,
      );
      rewrites.push(
        timeOf(() => {
          for (const id of index.setRules(changed)) index.linksOf(id);
        }),
      );
      index.setRules(rules);
    }
    metrics[`node_change_ms_${size}`] = median(moves);
    metrics[`node_change_p99_ms_${size}`] = percentile(moves, 0.99);
    metrics[`rule_change_ms_${size}`] = median(rewrites);
    const node = index.node(idOf(size - 1)) as NodeFacts;
    const text = rulesetOf(index, node);
    metrics[`ruleset_bytes_${size}`] = text.length;
    const loads = Array.from({ length: 5 }, () =>
      waitOf(() => {
        const { status } = spawnSync("unshare", ["-rn", "nft", "-f", "-"], { input: text });
        if (status !== 0) throw new Error("nft did not take the ruleset");
      }),
    );
    metrics[`nft_load_ms_${size}`] = median(loads);
    const asked = whoCanReachMs(index);
    const { algebra, z3 } = await differenceMs(index);
    metrics[`who_can_reach_ms_${size}`] = asked;
    metrics[`difference_ms_${size}`] = algebra;
    metrics[`difference_by_z3_ms_${size}`] = z3;
    goals.push(atMost(`who can reach a node, of ${size}`, asked, "ms", 10));
    goals.push(atLeast(`difference of two sets of rules, ${size} nodes, by Z3`, z3 / algebra, "×", 20));
    goals.push(atMost(`one node changes, of ${size}`, median(moves), "ms", 5));
    goals.push(atMost(`one rule changes, with ${size} nodes`, median(rewrites), "ms", 5));
  }
  return { metrics, goals };
}
