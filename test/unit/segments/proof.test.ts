import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { componentRule } from "../../../shared/node/config/rule-terms.ts";
import type { Traffic } from "../../../shared/node/config/types.ts";
import { renderFilter, timed } from "../../../shared/node/filter.ts";
import { createSegmentIndex } from "../../../shared/segments/segment-index.ts";
import type { NodeFacts, SegmentRule, Selector } from "../../../shared/segments/types.ts";
import { MACHINES, where } from "../../support/needs.ts";
import { randomFrom } from "../../support/random.ts";
import { bySeed, drawn, SEED } from "../../support/sample.ts";
import { manifestOf, peerOf } from "./documents.ts";
import type { Probe } from "./packets/probe.ts";
import { permits } from "./reference.ts";

/**
 * Nodes in network namespaces, each with the nftables ruleset that is compiled for it, and packets between each two. The
 * interface is called `wg0` but is a plain Ethernet pair, so that the filters alone decide. What passes is held against
 * `reference.ts`. `npm test` takes fewer nodes and changes than `npm run test:soak`.
 */

const NODES = drawn(6, 20);
const RULES = 60;
const CHANGES = drawn(1, 200);
const PORTS = [22, 53, 443, 1_000, 5_432, 8_000, 8_050, 8_100];
const KINDS = [
  ...[22, 443, 5_432, 8_000, 8_100, 1_000, 8_050].map((port) => ["tcp", port] as const),
  ...[53, 443, 1_000, 8_100].map((port) => ["udp", port] as const),
  ["icmp", 8] as const,
];
const TRAFFIC: Traffic[] = [
  { protocol: "any", ports: [] },
  { protocol: "icmp", ports: [] },
  { protocol: "icmp", ports: [[8, 8]] },
  { protocol: "icmp", ports: [[13, 13]] },
  { protocol: "other", ports: [] },
  { protocol: "tcp", ports: [] },
  {
    protocol: "tcp",
    ports: [
      [22, 22],
      [443, 443],
    ],
  },
  { protocol: "tcp", ports: [[8_000, 8_100]] },
  { protocol: "tcp", ports: [[8_001, 8_099]] },
  { protocol: "tcp", ports: [[1, 1_000]] },
  { protocol: "udp", ports: [[53, 53]] },
  {
    protocol: "udp",
    ports: [
      [443, 999],
      [8_100, 8_100],
    ],
  },
];
const MICROSEGMENTS = ["mic_user", "mic_device", "mic_app", "mic_project", "mic_place", "mic_sixth"];
/** How many attempts run at once, and how often one that is permitted may be made. */
const AT_ONCE = 1_000;
const ROUNDS = 6;
const random = randomFrom(SEED);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const some = <T>(list: readonly T[], share: number): T[] => list.filter(() => random() < share);

function drawNode(n: number): NodeFacts {
  const microsegments = some(MICROSEGMENTS, 0.35);
  return {
    id: `nod_${String(n).padStart(2, "0")}`,
    name: `n${n}`,
    segment: pick(["seg_1", "seg_2"]),
    tags: some(["web", "db", "ops"], 0.4),
    user: pick(["ada@example.com", "bob@example.com", null]),
    ipv4: `100.64.0.${n + 1}`,
    ipv6: `fd00::${n + 1}`,
    routes: [],
    exitNode: null,
    quarantined: false,
    microsegments,
    confinedBy: microsegments,
  };
}

function drawRule(n: number): SegmentRule {
  const end = (): Selector =>
    pick<() => Selector>([
      () => ({ kind: "segment", segment: pick(MICROSEGMENTS) }),
      () => ({ kind: "segment", segment: pick(MICROSEGMENTS) }),
      () => ({ kind: "segment", segment: pick(["seg_1", "seg_2"]) }),
      () => ({ kind: "tag", tag: pick(["web", "db", "ops"]) }),
      () => ({ kind: "user", user: pick(["ada@example.com", "bob@example.com"]) }),
      () => ({ kind: "node", node: pick([...nodes.keys()]) }),
    ])();
  const id = `rule_${String(n).padStart(2, "0")}`;
  return {
    id,
    name: id,
    from: [end()],
    to: [end()],
    traffic: [pick(TRAFFIC)],
    ...(random() < 0.4 && { effect: "deny" }),
  };
}

const nodes = new Map<string, NodeFacts>();
for (let n = 0; n < NODES; n++) nodes.set(`nod_${String(n).padStart(2, "0")}`, drawNode(n));
let rules = Array.from({ length: RULES }, (_, n) => drawRule(n));
const index = createSegmentIndex();
for (const node of nodes.values()) index.upsert(node);
index.setRules(rules);

interface Attempt extends Omit<Probe, "protocol"> {
  readonly protocol: (typeof KINDS)[number][0];
  readonly source: NodeFacts;
  readonly destination: NodeFacts;
}

function attempts(source: NodeFacts, destination: NodeFacts): Attempt[] {
  return (["ipv4", "ipv6"] as const).flatMap((family) =>
    KINDS.map(([protocol, port]) => ({
      source,
      destination,
      from: source[family],
      to: destination[family],
      protocol,
      port,
    })),
  );
}
const pairs = (): [NodeFacts, NodeFacts][] =>
  [...nodes.values()].flatMap((a) =>
    [...nodes.values()].flatMap((b): [NodeFacts, NodeFacts][] => (a === b ? [] : [[a, b]])),
  );
const permitted = ({ source, destination, protocol, port }: Attempt): boolean =>
  permits(rules, { from: { node: source }, to: { node: destination }, protocol, port });
const told = ({ from, to, protocol, port }: Attempt): string => `${from} > ${to} ${protocol}/${port}`;

function rulesetOf(node: NodeFacts): string {
  const component = {
    type: "component" as const,
    network: "net_1",
    segment: node.segment,
    revision: 1,
    rules: index.rulesOf(node.segment).map(componentRule),
  };
  const peers = index.linksOf(node.id).map(({ peer, inbound, outbound, denied }) => {
    const facts = nodes.get(peer);
    if (!facts) throw new Error(`${peer} is no node`);
    return peerOf({
      node: peer,
      ipv4: facts.ipv4,
      ipv6: facts.ipv6,
      inbound,
      outbound,
      ...(denied && { denied }),
    });
  });
  const manifest = manifestOf({ node: node.id, ipv4: node.ipv4, ipv6: node.ipv6 });
  const text = renderFilter({
    interfaceName: "wg0",
    port: 51_820,
    mark: 7,
    servesContainers: false,
    manifest,
    component,
    peers,
    now: 0,
  });
  return timed(text, 0);
}

class Lab {
  readonly #prefix = `rp${process.pid}`;
  readonly #probes = new Map<string, ReturnType<Lab["process"]>>();

  constructor() {
    const sw = `${this.#prefix}-sw`;
    const lines = [`netns add ${sw}`, `-n ${sw} link add br0 type bridge`, `-n ${sw} link set br0 up`];
    for (const [n, { ipv4, ipv6, id }] of [...nodes.values()].entries()) {
      const ns = this.#nameOf(id);
      lines.push(
        `netns add ${ns}`,
        `-n ${ns} link set lo up`,
        `-n ${ns} link add wg0 address 02:00:00:00:00:${(n + 16).toString(16)} type veth peer name p${n} netns ${sw}`,
        `-n ${sw} link set p${n} master br0 up`,
        `-n ${ns} link set wg0 up`,
        `-n ${ns} addr add ${ipv4}/10 dev wg0`,
        `-n ${ns} addr add ${ipv6}/48 dev wg0 nodad`,
        // The filter leaves no neighbour discovery through: WireGuard needs none.
        ...[...nodes.values()].flatMap((other, m) =>
          m === n
            ? []
            : [other.ipv4, other.ipv6].map(
                (address) =>
                  `-n ${ns} neigh add ${address} lladdr 02:00:00:00:00:${(m + 16).toString(16)} dev wg0`,
              ),
        ),
      );
    }
    for (const line of lines) execFileSync("ip", line.split(" "));
    for (const id of nodes.keys()) this.#probes.set(id, this.process(id));
  }

  #nameOf = (id: string): string => `${this.#prefix}-${id}`;

  process(id: string) {
    const script = fileURLToPath(new URL("packets/probe.ts", import.meta.url));
    const args = ["netns", "exec", this.#nameOf(id), process.execPath, script, ...PORTS.map(String)];
    const child = spawn("ip", args, { stdio: ["pipe", "pipe", "inherit"] });
    return { child, lines: createInterface({ input: child.stdout }) };
  }

  load(id: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = execFile("ip", ["netns", "exec", this.#nameOf(id), "nft", "-f", "-"], (error) =>
        error ? reject(error) : resolve(),
      );
      child.stdin?.end(rulesetOf(nodes.get(id) as NodeFacts));
    });
  }

  /**
   * Which of the attempts come through. On a busy machine a packet may come too late, which is no refusal: so what is
   * permitted may try again. What is denied tries once, and may not come through a single time.
   */
  async try(all: readonly Attempt[]): Promise<Attempt[]> {
    const passed: Attempt[] = [];
    let left: readonly Attempt[] = all;
    for (let round = 0; round < ROUNDS && left.length > 0; round++) {
      for (let at = 0; at < left.length; at += AT_ONCE) {
        passed.push(...(await this.#once(left.slice(at, at + AT_ONCE))));
      }
      const through = new Set(passed.map(told));
      left = left.filter((attempt) => permitted(attempt) && !through.has(told(attempt)));
    }
    return passed;
  }

  async #once(all: readonly Attempt[]): Promise<Attempt[]> {
    const passed = await Promise.all(
      [...nodes.keys()].map(async (id) => {
        const own = all.filter(({ source }) => source.id === id);
        const [pings, others] = [
          own.filter(({ protocol }) => protocol === "icmp"),
          own.filter(({ protocol }) => protocol !== "icmp"),
        ];
        return [...(await this.#pinged(id, pings)), ...(await this.#answered(id, others))];
      }),
    );
    return passed.flat();
  }

  async #answered(id: string, own: readonly Attempt[]): Promise<Attempt[]> {
    const probe = this.#probes.get(id);
    if (!probe || own.length === 0) return [];
    const answer = once(probe.lines, "line");
    probe.child.stdin.write(
      `${JSON.stringify(own.map(({ from, to, protocol, port }) => ({ from, to, protocol, port })))}\n`,
    );
    const [line] = (await answer) as [string];
    const passed = JSON.parse(line) as boolean[];
    return own.filter((_, at) => passed[at]);
  }

  async #pinged(id: string, own: readonly Attempt[]): Promise<Attempt[]> {
    const ping = ({ from, to }: Attempt) =>
      new Promise<boolean>((resolve) => {
        execFile(
          "ip",
          ["netns", "exec", this.#nameOf(id), "ping", "-n", "-c", "1", "-W", "1", "-I", from, to],
          (error) => resolve(!error),
        );
      });
    const passed = await Promise.all(own.map(ping));
    return own.filter((_, at) => passed[at]);
  }

  async close(): Promise<void> {
    for (const { child } of this.#probes.values()) {
      const exited = once(child, "exit");
      child.stdin.end();
      await exited;
    }
    for (const id of [...nodes.keys(), "sw"]) execFileSync("ip", ["netns", "delete", this.#nameOf(id)]);
  }
}

/** The packets that should have passed and did not, and those that should not have and did. */
function differences(all: readonly Attempt[], passed: readonly Attempt[]): string[] {
  const through = new Set(passed.map(told));
  return all
    .filter((attempt) => permitted(attempt) !== through.has(told(attempt)))
    .map((attempt) => `${told(attempt)} ${permitted(attempt)}`);
}

where(...MACHINES).describe(`nodes with their rulesets (${bySeed})`, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = new Lab();
    await Promise.all([...nodes.keys()].map((id) => lab.load(id)));
    await lab.try(pairs().map(([a, b]) => attempts(a, b)[0] as Attempt));
  }, 60_000);
  afterAll(() => lab.close());

  test("let through, between each two, what the reference permits and nothing else", async () => {
    const all = pairs().flatMap(([a, b]) => attempts(a, b));
    expect(all).toHaveLength(NODES * (NODES - 1) * 24);
    expect(differences(all, await lab.try(all))).toEqual([]);
    const share = all.filter(permitted).length / all.length;
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.95);
  });

  test("do so after each change, and let nothing through meanwhile that is denied before and after", async () => {
    for (let change = 0; change < CHANGES; change++) {
      const sample = some(pairs(), drawn(0.2, 0.05)).flatMap(([a, b]) => attempts(a, b));
      const deniedBefore = sample.filter((attempt) => !permitted(attempt));
      const n = Math.floor(random() * (random() < 0.5 ? RULES : NODES));
      let affected: ReadonlySet<string>;
      if (random() < 0.6) {
        rules = rules.map((rule, at) => (at === n ? drawRule(n) : rule));
        affected = index.setRules(rules);
      } else {
        const node = drawNode(n % NODES);
        nodes.set(node.id, node);
        affected = index.upsert(node);
      }
      const fresh = (attempt: Attempt): Attempt => ({
        ...attempt,
        source: nodes.get(attempt.source.id) as NodeFacts,
        destination: nodes.get(attempt.destination.id) as NodeFacts,
      });
      const never = deniedBefore.map(fresh).filter((attempt) => !permitted(attempt));
      const [meanwhile] = await Promise.all([lab.try(never), ...[...affected].map((id) => lab.load(id))]);
      expect(meanwhile.map(told), `change ${change}`).toEqual([]);
      const after = sample.map(fresh);
      expect(differences(after, await lab.try(after)), `change ${change}`).toEqual([]);
    }
  }, 1_800_000);
});
