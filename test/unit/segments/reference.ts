import type { Traffic } from "../../../shared/node/config/types.ts";
import type { NodeFacts, SegmentRule, Selector } from "../../../shared/segments/types.ts";

/**
 * Says of one packet whether the rules permit it, by reading each rule as a person would. It shares no code with the
 * compiler, and takes as long as it takes. IPv4 only where blocks are concerned.
 */

/** A node, or an address that a packet reaches through the node. */
export interface End {
  readonly node: NodeFacts;
  /** Of a network behind the node, or outside of an exit node. Absent: the node itself. */
  readonly behind?: string;
}

export interface Packet {
  readonly from: End;
  readonly to: End;
  readonly protocol: "tcp" | "udp" | "icmp";
  /** Of icmp: the type, as ICMP of IPv4 has it. */
  readonly port: number;
}

export function permits(rules: readonly SegmentRule[], packet: Packet): boolean {
  const { from, to } = packet;
  if (from.node.id === to.node.id || from.node.quarantined || to.node.quarantined) return false;
  const speaking = rules.filter((rule) => rule.traffic.some((traffic) => fits(traffic, packet)));
  const allows = speaking.filter(({ effect }) => effect !== "deny");
  const denies = speaking.filter(({ effect }) => effect === "deny");
  return (
    allows.some((rule) => isAt(rule.from, from, from.node, true) && isAt(rule.to, to, from.node, true)) &&
    !denies.some((rule) => isAt(rule.from, from, from.node, false) && isAt(rule.to, to, from.node, false))
  );
}

function fits({ protocol, ports }: Traffic, packet: Packet): boolean {
  if (protocol === "any") return true;
  if (protocol !== packet.protocol) return false;
  return ports.length === 0 || ports.some(([first, last]) => first <= packet.port && packet.port <= last);
}

/** @param isWhole Whether a route must contain the whole subnet that a rule names, as one must for a rule that allows. */
function isAt(
  selectors: readonly Selector[],
  { node, behind }: End,
  source: NodeFacts,
  isWhole: boolean,
): boolean {
  return selectors.some((selector) => {
    if (behind === undefined) return isNamed(selector, node);
    if (selector.kind === "internet") return isOutside(behind) && isExitOf(node, source);
    if (selector.kind !== "subnet" || !within(selector.prefix, behind)) return false;
    const around = node.routes.filter((route) => !route.endsWith("/0") && within(route, behind));
    if (!isWhole) return around.length > 0 || (isOutside(behind) && isExitOf(node, source));
    return around.some((route) => lengthOf(route) <= lengthOf(selector.prefix));
  });
}

function isNamed(selector: Selector, node: NodeFacts): boolean {
  switch (selector.kind) {
    case "any":
      return true;
    case "segment":
      return selector.segment === node.segment || node.microsegments.includes(selector.segment);
    case "tag":
      return node.tags.includes(selector.tag);
    case "user":
      return selector.user === node.user;
    case "node":
      return selector.node === node.id;
    default:
      return false;
  }
}

const isExitOf = (exit: NodeFacts, source: NodeFacts): boolean =>
  source.exitNode === exit.id &&
  exit.routes.includes("0.0.0.0/0") &&
  !source.routes.some((route) => route.endsWith("/0"));

const isOutside = (address: string): boolean => !/^(10|127|192\.168|100\.64|169\.254)\./.test(address);

const numberOf = (address: string): number =>
  address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
const lengthOf = (prefix: string): number => Number(prefix.split("/")[1]);
const within = (prefix: string, address: string): boolean => {
  const size = 2 ** (32 - lengthOf(prefix));
  return Math.floor(numberOf(prefix.split("/")[0] ?? "") / size) === Math.floor(numberOf(address) / size);
};
