import { expect, test } from "vitest";
import { routedSet } from "../../../../shared/segments/algebra/address-line.ts";
import { holds } from "../../../../shared/segments/algebra/intervals.ts";
import { Permissions } from "../../../../shared/segments/algebra/permissions.ts";
import type { Region } from "../../../../shared/segments/algebra/region.ts";
import { trafficSet } from "../../../../shared/segments/algebra/traffic-line.ts";
import type { NodeFacts } from "../../../../shared/segments/types.ts";
import { randomFrom } from "../../../support/random.ts";
import { bySeed, drawn, SEED } from "../../../support/sample.ts";
import { drawBy, drawKnowledge, drawWorld, indexOf, NOW } from "./draw.ts";
import { type Packet, passes } from "./packets.ts";

const NETWORKS = drawn(12, 1_000);
const BEHIND = [
  "10.1.2.3",
  "10.1.9.9",
  "10.200.0.1",
  "203.0.113.9",
  "198.51.100.7",
  "192.168.7.7",
  "8.8.8.8",
];
const KINDS = [
  ...[22, 443, 999, 1_000, 1_001, 8_000, 8_100, 8_101].map((port) => ["tcp", port] as const),
  ...[49, 53, 443].map((port) => ["udp", port] as const),
  ...[8, 13, 15].map((request) => ["icmp", request] as const),
  ["gre", 0] as const,
];

const isIn = (region: Region, packet: Packet, ends: readonly [NodeFacts, NodeFacts]): boolean =>
  region.some(({ from, to, traffic }) => {
    const lies = (side: typeof from, address: string, node: NodeFacts) => {
      const isOwn = address === node.ipv4 || address === node.ipv6;
      const point = routedSet([`${address}/${address.includes(":") ? 128 : 32}`])[0]?.[0] as bigint;
      return side === null ? isOwn : !isOwn && holds(side, point);
    };
    const { protocol, port } = packet;
    const family = packet.to.includes(":") ? 6 : 4;
    const asked =
      protocol === "gre"
        ? trafficSet([{ protocol: "any", family, ports: [] }]).at(-1)?.[0]
        : trafficSet([{ protocol, family, ports: port === 0 ? [] : [[port, port]] }])[0]?.[0];
    return (
      lies(from, packet.from, ends[0]) && lies(to, packet.to, ends[1]) && holds(traffic, asked as number)
    );
  });

test("what may pass is what both filters let through, of nodes old and new, behind routers and outside", () => {
  const random = randomFrom(SEED);
  const draw = drawBy(random);
  let passed = 0;
  for (let n = 0; n < NETWORKS; n++) {
    const world = drawWorld(draw, 7, 8);
    const index = indexOf(world);
    const knowledge = new Map([...world.nodes.keys()].map((node) => [node, drawKnowledge(draw)]));
    const knowledgeOf = (node: string) => knowledge.get(node) ?? 0;
    const permissions = new Permissions(index, { at: NOW, knowledgeOf });
    const givenTo = (node: NodeFacts) => ({
      node,
      links: index.linksKnown(node.id, knowledgeOf(node.id)),
    });
    for (const source of world.nodes.values()) {
      for (const destination of world.nodes.values()) {
        if (source === destination) continue;
        const region = permissions.between(source.id, destination.id);
        const [given, taken] = [givenTo(source), givenTo(destination)];
        for (const family of ["ipv4", "ipv6"] as const) {
          const behind = family === "ipv4" ? BEHIND : [];
          const froms = [source[family], ...behind.filter(() => draw.chance(0.2))];
          const tos = [destination[family], ...behind.filter(() => draw.chance(0.4))];
          for (const from of froms) {
            for (const to of tos) {
              const [protocol, drawnPort] = draw.pick(KINDS);
              // ICMPv6 has no other request of these.
              const port = protocol === "icmp" && family === "ipv6" ? 8 : drawnPort;
              const packet = { from, to, protocol, port };
              const isLet = passes(index, given, taken, packet, NOW);
              passed += Number(isLet);
              const said = isIn(region, packet, [source, destination]);
              if (said !== isLet)
                expect({ bySeed, n, source: source.id, destination: destination.id, packet, said }).toEqual(
                  isLet,
                );
            }
          }
        }
      }
    }
  }
  expect(passed).toBeGreaterThan(NETWORKS * 5);
});
