import { INTERNET_V4, INTERNET_V6 } from "../../../../shared/net/internet.ts";
import { contains, hostOf, prefixOf } from "../../../../shared/net/prefix.ts";
import { componentRule } from "../../../../shared/node/config/rule-terms.ts";
import type { PeerDocument } from "../../../../shared/node/config/types.ts";
import { flowsOf } from "../../../../shared/segments/flows.ts";
import type { NodeFacts, PeerLink, SegmentIndex } from "../../../../shared/segments/types.ts";
import { spanAt } from "../../../../shared/segments/windows.ts";
import { manifestOf, peerOf } from "../documents.ts";

/**
 * Says of single packets what nodes do with them, from the documents that they are given: the peer whose AllowedIPs have the
 * address, then the chains of the filter, one rule after the other. It knows nothing of sets of packets.
 */

export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly protocol: "tcp" | "udp" | "icmp" | "gre";
  /** Of icmp: the request, by the number that traffic has for it. */
  readonly port: number;
}

/** What a node was given. */
export interface Given {
  readonly node: NodeFacts;
  readonly links: readonly PeerLink[];
}

/** Whether both nodes let the packet through. */
export function passes(
  index: SegmentIndex,
  source: Given,
  destination: Given,
  packet: Packet,
  at: number,
): boolean {
  return (
    wayOf(index, source, packet.to) === destination.node.id &&
    wayOf(index, destination, packet.from) === source.node.id &&
    lets(index, source, "us", packet, at) &&
    lets(index, destination, "peer", packet, at)
  );
}

/** The peer that WireGuard takes for the address: the one with the longest prefix around it. */
function wayOf(index: SegmentIndex, { links }: Given, address: string): string | null {
  const host = hostOf(address);
  let best: { readonly peer: string; readonly length: number } | null = null;
  for (const { peer, routes } of links) {
    const { ipv4, ipv6 } = index.node(peer) as NodeFacts;
    for (const text of [`${ipv4}/32`, `${ipv6}/128`, ...routes]) {
      const prefix = prefixOf(text);
      if (host && prefix && contains(prefix, host) && prefix.length > (best?.length ?? -1))
        best = { peer, length: prefix.length };
    }
  }
  return best?.peer ?? null;
}

function lets(
  index: SegmentIndex,
  given: Given,
  openedBy: "us" | "peer",
  packet: Packet,
  at: number,
): boolean {
  const { node, links } = given;
  const rules = index.rulesOf(node.segment).map(componentRule);
  const component = {
    type: "component",
    network: "net_1",
    segment: node.segment,
    revision: 1,
    rules,
  } as const;
  const peers = links.map(({ peer, routes, inbound, outbound, denied }): PeerDocument => {
    const { ipv4, ipv6 } = index.node(peer) as NodeFacts;
    return peerOf({ node: peer, ipv4, ipv6, routes, inbound, outbound, ...(denied && { denied }) });
  });
  const manifest = manifestOf({
    node: node.id,
    ipv4: node.ipv4,
    ipv6: node.ipv6,
    forwards: [...node.routes].sort(),
  });
  const [from, to] = [hostOf(packet.from), hostOf(packet.to)];
  if (!from || !to) return false;
  const matching = flowsOf(manifest, component, peers).filter((flow) => {
    const rule = component.rules[flow.rule];
    return (
      flow.openedBy === openedBy &&
      flow.sources.some((block) => contains(block, from)) &&
      (flow.destinations.some((block) => contains(block, to)) ||
        (flow.internet.includes(to.version) && isPublic(packet.to))) &&
      rule !== undefined &&
      spanAt(rule, at).holds &&
      rule.traffic.some(
        ({ protocol, family, ports }) =>
          (family === undefined || family === to.version) &&
          (protocol === "any" ||
            (protocol === "other" && packet.protocol === "gre") ||
            (protocol === packet.protocol &&
              (ports.length === 0 ||
                ports.some(([first, last]) => first <= packet.port && packet.port <= last)))),
      )
    );
  });
  return (
    matching.some(({ effect }) => effect === "allow") && !matching.some(({ effect }) => effect === "deny")
  );
}

const numberOf = (address: string): bigint => hostOf(address)?.first ?? -1n;

const isPublic = (address: string): boolean =>
  address.includes(":")
    ? INTERNET_V6.some((block) => contains(prefixOf(block) as never, hostOf(address) as never))
    : INTERNET_V4.some((range) => {
        const [first = "", last = ""] = range.split("-");
        return numberOf(first) <= numberOf(address) && numberOf(address) <= numberOf(last);
      });
