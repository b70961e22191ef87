import type { Leg } from "../../paths/leg-table.ts";
import type { LegWorld } from "../../paths/legs.ts";
import { reportedEndpoints } from "../../registry/node-rows.ts";
import type { RelayRole } from "../../registry/node-status.ts";
import type { ConditionCode } from "../conditions.ts";
import { type BuiltLeg, RELAYS_SINCE } from "../config/build.ts";
import type { RelayedPath } from "../config/types.ts";
import type { Condition } from "../protocol/types.ts";
import type { Network } from "./network.ts";

/** What configs say of relays: which stand, what each carries, and by which a pair may go. */

/**
 * The role that a node really has: one that does not stand, is held apart by a quarantine, or can't be reached, relays nothing. A
 * relay learns where others are, which is nothing for a node that is trusted less.
 */
export function relayRole(network: Network, node: string): RelayRole {
  const row = network.row(node);
  const isWell = network.isInGoodStanding(node) && !network.index.isInQuarantine(node);
  const stands = row && isWell && reportedEndpoints(row).length > 0;
  return stands ? row.relay : "off";
}

/**
 * What only the hub sees to be wrong with a relay: its agent can't be told what to carry.
 * @param capability of its agent; 0 before its first handshake
 */
export function relayConditions(network: Network, node: string, capability: number): Condition[] {
  if (capability === 0 || capability >= RELAYS_SINCE || relayRole(network, node) === "off") return [];
  const code: ConditionCode = "relay_too_old";
  const detail = `The node is a relay and carries nothing, since its agent is too old (capability ${capability}, relays need ${RELAYS_SINCE}). Upgrade it, or end its role.`;
  return [{ code, detail }];
}

/** What decides about legs. It holds for as long as the network learns nothing. */
export function legWorldOf(network: Network): LegWorld {
  const roles = [...network.ids()].map((node) => [node, relayRole(network, node)] as const);
  const links = new Map<string, ReadonlySet<string>>();
  return {
    relays: new Map(roles.flatMap(([node, role]) => (role === "off" ? [] : [[node, role]]))),
    linksOf: (node) => {
      const known = links.get(node) ?? new Set(network.index.linksOf(node).map(({ peer }) => peer));
      links.set(node, known);
      return known;
    },
  };
}

/** What a relay carries: also what the ends are told no more of. */
export function legsOf(network: Network, relay: string): readonly BuiltLeg[] {
  if (relayRole(network, relay) === "off") return [];
  return network.legs.ofRelay(relay).filter(({ ends }) => ends.every(network.isInGoodStanding));
}

/** The relays of a pair, best first: one that is drained comes last. */
export function relaysBetween(network: Network, a: string, b: string): readonly RelayedPath[] {
  const role = ({ relay }: Leg) => relayRole(network, relay);
  const legs = network.legs.between(a, b).filter((leg) => leg.state === "open" && role(leg) !== "off");
  const ordered = [
    ...legs.filter((leg) => role(leg) === "on"),
    ...legs.filter((leg) => role(leg) === "drain"),
  ];
  return ordered.map(({ relay, id, probeKey, port }) => {
    const row = network.row(relay);
    return {
      node: relay,
      name: network.nameOf(relay),
      leg: id,
      probeKey,
      endpoints: row ? atPort(reportedEndpoints(row), port) : [],
    };
  });
}

/** A relay hears a pair at the addresses at which it hears its own peers, and at another port. */
const atPort = (endpoints: readonly string[], port: number): readonly string[] => [
  ...new Set(endpoints.map((endpoint) => `${endpoint.slice(0, endpoint.lastIndexOf(":"))}:${port}`)),
];
