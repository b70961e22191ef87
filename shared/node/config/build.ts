import { err, ok, type Result } from "../../base/result.ts";
import type { PeerLink, SegmentIndex } from "../../segments/types.ts";
import type { DeviceCheck } from "./device-check.ts";
import { type Addressed, addressed } from "./object.ts";
import { ruleKnowledge, rulesKnown } from "./rule-terms.ts";
import {
  type ComponentDocument,
  type LegDocument,
  type LegEndDocument,
  LIMITS,
  type ManifestDocument,
  type ObjectHash,
  type PeerDocument,
  type RecordDocument,
  type RelayedPath,
} from "./types.ts";

/**
 * Builds the objects of a node from the state of the network. The objects contain no time and no serial. So the same
 * state gives the same bytes, and an unchanged object keeps its hash.
 */

/** The first capability of agents that know of checks. Older ones refuse a config that has some. */
const CHECKS_SINCE = 3;
/** The first capability of agents that probe their peers and answer probes. */
const PROBES_SINCE = 6;
/** The same for legs of relays. */
export const RELAYS_SINCE = 6;
/** What a relay lets through for one pair: a gigabit each second. */
const LEG_BYTES_PER_SECOND = 125_000_000;

/** The facts that the objects are built from. */
export interface BuildSource {
  readonly network: string;
  readonly domain: string;
  readonly mtu: number;
  readonly leaseSeconds: number;
  readonly index: SegmentIndex;
  segmentName(segment: string): string;
  /** The hash of a node's key record, or undefined while it has none. */
  recordOf(node: string): ObjectHash | undefined;
  /** The endpoints where a node may be reached, best first. */
  endpointsOf(node: string): readonly string[];
  /** What the node carries as a relay, without the records of the ends. */
  legsOf(node: string): readonly BuiltLeg[];
  /** The relays that carry a pair, best first. */
  relaysBetween(node: string, peer: string): readonly RelayedPath[];
  /** What the node looks for. Empty for a node whose agent is too old to know of it. */
  checksOf(node: string): readonly DeviceCheck[];
  /**
   * The revision in which the segment's rules last changed. It is older than the network's revision when only other
   * rules changed.
   */
  rulesRevision(segment: string): number;
  /** The capability of the agent that runs on a node, see `CAPABILITY`. */
  capabilityOf(node: string): number;
}

/** Why a node can't get a new config. Its last config stays in force, and an administrator must learn of it. */
export interface BuildFault {
  readonly code:
    | "NODE_UNKNOWN"
    | "RECORD_MISSING"
    | "TOO_MANY_PEERS"
    | "TOO_MANY_RULES"
    | "TOO_MANY_ROUTES"
    | "OBJECT_TOO_LARGE";
  readonly node: string;
}

export interface BuiltLeg extends Pick<LegDocument, "id" | "port" | "probeKey"> {
  readonly ends: readonly [string, string];
}

export interface BuiltNode {
  readonly manifest: Addressed<ManifestDocument>;
  readonly component: Addressed<ComponentDocument>;
  readonly peers: readonly Addressed<PeerDocument>[];
  readonly legs: readonly Addressed<LegDocument>[];
}

/**
 * The component of a segment, for agents of a capability. It is the same for all nodes of the segment whose agents know the
 * same of rules, so it is built once.
 */
export type SegmentComponent = (capability: number) => Addressed<ComponentDocument>;

export function buildNode(
  source: BuildSource,
  node: string,
  componentFor: SegmentComponent,
): Result<BuiltNode, BuildFault> {
  const capability = source.capabilityOf(node);
  const component = componentFor(capability);
  const facts = source.index.node(node);
  if (!facts) return err({ code: "NODE_UNKNOWN", node });
  const record = source.recordOf(node);
  if (record === undefined) return err({ code: "RECORD_MISSING", node });
  if (component.document.rules.length > LIMITS.rules) return err({ code: "TOO_MANY_RULES", node });
  if (facts.routes.length > LIMITS.routesPerPeer) return err({ code: "TOO_MANY_ROUTES", node });
  const links = source.index.linksKnown(node, ruleKnowledge(capability));
  if (links.length > LIMITS.peers) return err({ code: "TOO_MANY_PEERS", node });

  const knowsRelays = capability >= RELAYS_SINCE;
  const peers: Addressed<PeerDocument>[] = [];
  for (const link of links) {
    const relays = knowsRelays ? source.relaysBetween(node, link.peer) : [];
    const peer = buildPeer(source, link, relays);
    if (!peer.ok) return peer;
    peers.push(addressed(peer.value));
  }
  const legs = knowsRelays ? buildLegs(source, node) : [];
  const checks = capability < CHECKS_SINCE ? [] : source.checksOf(node);
  const manifest = addressed<ManifestDocument>({
    type: "manifest",
    network: source.network,
    node,
    name: facts.name,
    domain: source.domain,
    segment: { id: facts.segment, name: source.segmentName(facts.segment) },
    ipv4: facts.ipv4,
    ipv6: facts.ipv6,
    mtu: source.mtu,
    record,
    component: component.hash,
    peers: peers.map(({ hash }) => hash).sort(),
    forwards: [...facts.routes].sort(),
    leaseSeconds: source.leaseSeconds,
    ...(checks.length > 0 ? { checks } : {}),
    ...(capability < PROBES_SINCE ? {} : { probes: true }),
    ...(legs.length > 0
      ? { relay: { bytesPerSecond: LEG_BYTES_PER_SECOND, legs: legs.map(({ hash }) => hash).sort() } }
      : {}),
  });
  // A node refuses such an object, and with it everything that comes after.
  const isTooLarge = [manifest, component, ...peers].some(({ bytes }) => bytes.length > LIMITS.objectBytes);
  return isTooLarge ? err({ code: "OBJECT_TOO_LARGE", node }) : ok({ manifest, component, peers, legs });
}

export function buildComponent(source: BuildSource, segment: string): SegmentComponent {
  const rules = source.index.rulesOf(segment);
  const built = new Map<number, Addressed<ComponentDocument>>();
  return (capability) => {
    const knowledge = ruleKnowledge(capability);
    const known = built.get(knowledge);
    if (known) return known;
    const component = addressed<ComponentDocument>({
      type: "component",
      network: source.network,
      segment,
      revision: source.rulesRevision(segment),
      rules: rulesKnown(knowledge, rules),
    });
    built.set(knowledge, component);
    return component;
  };
}

export const buildRecord = (
  network: string,
  node: string,
  keys: Pick<RecordDocument, "wireguard" | "kem" | "signing">,
): Addressed<RecordDocument> =>
  addressed({
    type: "record",
    network,
    node,
    wireguard: keys.wireguard,
    kem: keys.kem,
    signing: keys.signing,
  });

/** A leg whose end has no key record, or has left, comes when it has one. */
function buildLegs(source: BuildSource, node: string): readonly Addressed<LegDocument>[] {
  return source.legsOf(node).flatMap(({ id, port, probeKey, ends: [first, second] }) => {
    const [a, b] = [legEnd(source, first), legEnd(source, second)];
    if (!a || !b) return [];
    return addressed<LegDocument>({
      type: "leg",
      network: source.network,
      node,
      id,
      port,
      probeKey,
      ends: [a, b],
    });
  });
}

function legEnd(source: BuildSource, node: string): LegEndDocument | null {
  const record = source.recordOf(node);
  const endpoints = source.endpointsOf(node).slice(0, LIMITS.endpointsPerPeer);
  return record === undefined ? null : { node, record, endpoints };
}

function buildPeer(
  source: BuildSource,
  link: PeerLink,
  relays: readonly RelayedPath[],
): Result<PeerDocument, BuildFault> {
  const facts = source.index.node(link.peer);
  if (!facts) return err({ code: "NODE_UNKNOWN", node: link.peer });
  const record = source.recordOf(link.peer);
  if (record === undefined) return err({ code: "RECORD_MISSING", node: link.peer });
  if (link.routes.length > LIMITS.routesPerPeer) return err({ code: "TOO_MANY_ROUTES", node: link.peer });
  if (Math.max(link.inbound.length, link.outbound.length) > LIMITS.grantsPerPeer) {
    return err({ code: "TOO_MANY_RULES", node: link.peer });
  }
  return ok({
    type: "peer",
    network: source.network,
    node: link.peer,
    name: facts.name,
    record,
    ipv4: facts.ipv4,
    ipv6: facts.ipv6,
    routes: [...link.routes].sort(),
    endpoints: source.endpointsOf(link.peer).slice(0, LIMITS.endpointsPerPeer),
    inbound: link.inbound,
    outbound: link.outbound,
    ...(link.denied && { denied: link.denied }),
    ...(relays.length > 0 && { relays: relays.slice(0, LIMITS.relaysPerPeer) }),
  });
}
