import fc from "fast-check";
import {
  type BuiltNode,
  buildComponent,
  buildNode,
  buildRecord,
} from "../../../../shared/node/config/build.ts";
import { CAPABILITY } from "../../../../shared/node/protocol/types.ts";
import { NOWHERE } from "../../../../shared/segments/placements.ts";
import { createSegmentIndex } from "../../../../shared/segments/segment-index.ts";
import type { NodeFacts, SegmentIndex, SegmentRule } from "../../../../shared/segments/types.ts";
import { NETWORK, nodeId, OWN, recordOf, SEGMENT } from "./support.ts";

/** A hub small enough to live a hundred thousand lives: five nodes, of which the first is watched. */

const OTHER_SEGMENT = "seg_00000000000000000000000002";
const rule = (n: number, ends: Pick<SegmentRule, "from" | "to">): SegmentRule => ({
  id: `rul_${String(n).padStart(26, "0")}`,
  name: `Rule ${n}`,
  traffic: [{ protocol: "tcp", ports: [[n, n]] }],
  ...ends,
});
const RULES: readonly SegmentRule[] = [
  rule(1, { from: [{ kind: "any" }], to: [{ kind: "segment", segment: SEGMENT }] }),
  rule(2, { from: [{ kind: "tag", tag: "web" }], to: [{ kind: "node", node: OWN }] }),
  rule(3, { from: [{ kind: "node", node: OWN }], to: [{ kind: "subnet", prefix: "10.1.0.0/16" }] }),
  rule(4, { from: [{ kind: "user", user: "ada@example.org" }], to: [{ kind: "tag", tag: "web" }] }),
];

/** Each node's two key sets, between which it rotates. */
const RECORDS = [1, 2, 3, 4, 5].map((n) =>
  [0, 1].map((turn) => buildRecord(NETWORK, nodeId(n), recordOf(nodeId(n), `${n}/${turn}`))),
);
export const OWN_KEYS = (RECORDS[0] ?? []).map(({ document }) => document);

const anyNode = fc.integer({ min: 1, max: 5 });
const otherNode = fc.integer({ min: 2, max: 5 });
const join = fc.record({
  kind: fc.constant("join" as const),
  node: anyNode,
  tags: fc.constantFrom<readonly string[]>([], ["web"]),
  isElsewhere: fc.boolean(),
  routes: fc.constantFrom<readonly string[]>([], [], ["10.0.0.0/8"], ["10.1.0.0/16"]),
  user: fc.constantFrom(null, "ada@example.org"),
});
const on = <K extends string>(kind: K, node = otherNode) => fc.record({ kind: fc.constant(kind), node });

/** What can happen between a hub and a node. Between two polls anything may pass unnoticed. */
export const event = fc.oneof(
  { weight: 5, arbitrary: join },
  { weight: 2, arbitrary: on("leave") },
  { weight: 1, arbitrary: on("isolate", anyNode) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("rules" as const), which: fc.subarray([...RULES]) }),
  },
  { weight: 2, arbitrary: on("rotate", anyNode) },
  { weight: 2, arbitrary: on("roam") },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("hub forgets" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("node forgets" as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("poll" as const) }) },
);
export type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

export class HubModel {
  readonly index: SegmentIndex = createSegmentIndex();
  /** What the hub still has, by hash. */
  readonly objects = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #turns = new Map<number, number>();
  readonly #ports = new Map<number, number>();

  constructor() {
    this.index.setRules(RULES);
    for (const node of [1, 2, 3]) this.apply({ kind: "join", node, tags: [], isElsewhere: false, ...PLAIN });
  }

  apply(event: Event): void {
    switch (event.kind) {
      case "join":
        this.index.upsert(factsOf(event));
        break;
      case "leave":
        this.index.remove(nodeId(event.node));
        break;
      case "isolate": {
        const facts = this.index.node(nodeId(event.node));
        if (facts) this.index.upsert({ ...facts, quarantined: !facts.quarantined });
        break;
      }
      case "rules":
        this.index.setRules(event.which);
        break;
      case "rotate":
        this.#turns.set(event.node, 1 - (this.#turns.get(event.node) ?? 0));
        break;
      case "roam":
        this.#ports.set(event.node, 1 + ((this.#ports.get(event.node) ?? 0) % 3));
        break;
      case "hub forgets":
        this.objects.clear();
    }
  }

  /** What the watched node is to have now. */
  build(): BuiltNode {
    const source = {
      network: NETWORK,
      domain: "corp.internal",
      mtu: 1_280,
      leaseSeconds: 86_400,
      index: this.index,
      segmentName: (segment: string) => (segment === SEGMENT ? "servers" : "desks"),
      checksOf: () => [],
      legsOf: () => [],
      relaysBetween: () => [],
      recordOf: (node: string) => this.#record(node)?.hash,
      endpointsOf: (node: string) => [
        `192.0.2.${numberOf(node)}:${this.#ports.get(numberOf(node)) ?? 51_820}`,
      ],
      rulesRevision: () => 1,
      capabilityOf: () => CAPABILITY,
    };
    const segment = this.index.node(OWN)?.segment ?? SEGMENT;
    const built = buildNode(source, OWN, buildComponent(source, segment));
    if (!built.ok) throw new Error(built.error.code);
    const { manifest, component, peers } = built.value;
    const records = [OWN, ...peers.map(({ document }) => document.node)].map((node) => this.#record(node));
    for (const object of [manifest, component, ...peers, ...records]) {
      if (object) this.objects.set(object.hash, object.bytes);
    }
    return built.value;
  }

  #record(node: string) {
    return RECORDS[numberOf(node) - 1]?.[this.#turns.get(numberOf(node)) ?? 0];
  }
}

const PLAIN = { routes: [], user: null } as const;
const numberOf = (node: string): number => Number(node.slice(4));

function factsOf(event: Extract<Event, { kind: "join" }>): NodeFacts {
  const { node, tags, routes, user } = event;
  return {
    id: nodeId(node),
    name: `node-${node}`,
    segment: event.isElsewhere ? OTHER_SEGMENT : SEGMENT,
    tags,
    user,
    ipv4: `100.64.0.${node}`,
    ipv6: `fd12:3456:789a::${node}`,
    routes,
    exitNode: null,
    quarantined: false,
    ...NOWHERE,
  };
}
