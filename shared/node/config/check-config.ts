import { fromBase64url } from "../../base/base64url.ts";
import { judgeMontgomeryPoint } from "../../crypto/strict-points.ts";
import { contains, isDefaultRoute, type Prefix } from "../../net/prefix.ts";
import type { Assembled, KnownPeer } from "./assemble.ts";
import {
  addressFault,
  endpointFault,
  isRefusal,
  type OwnedRoute,
  readRoute,
  routeOverlap,
} from "./check-addresses.ts";
import { grantFault } from "./check-grants.ts";
import { legsFault, relayedFault } from "./check-legs.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import type { Overlay } from "./root-check.ts";
import type { RecordDocument } from "./types.ts";

/** Checks whether the objects of a manifest together form a config that a node may apply. */

/** The facts that the node knows about itself, whatever the hub says. */
export interface OwnFacts {
  readonly node: string;
  readonly network: string;
  /** The keys in use, and the keys of a rotation that has not ended. */
  readonly keys: readonly Pick<RecordDocument, "wireguard" | "kem" | "signing">[];
  /** Id or name of the exit node that this machine has chosen, or null. No other node may take all traffic. */
  readonly exitNode: string | null;
}

/** Gives a refusal, or null. */
export function configFault(assembled: Assembled, own: OwnFacts, overlay: Overlay): ConfigRefusal | null {
  return (
    ownFault(assembled, own, overlay) ??
    distinctFault(assembled, own) ??
    eachFault(assembled, overlay, own) ??
    legsFault(assembled, own, overlay)
  );
}

function ownFault(
  { manifest, component, record }: Assembled,
  own: OwnFacts,
  overlay: Overlay,
): ConfigRefusal | null {
  for (const [name, document] of Object.entries({ manifest, component, record })) {
    if (document.network !== own.network) return foreign(name, document.network, own.network);
  }
  if (manifest.node !== own.node) {
    return refused("WRONG_NODE", "manifest", `It is of ${manifest.node}, not ${own.node}.`).error;
  }
  if (component.segment !== manifest.segment.id) {
    return refused("WRONG_SEGMENT", "component", `It is of ${component.segment}, not ${manifest.segment.id}.`)
      .error;
  }
  const isOwn = own.keys.some(
    ({ wireguard, kem, signing }) =>
      wireguard === record.wireguard && kem === record.kem && signing === record.signing,
  );
  if (record.node !== own.node || !isOwn) {
    return refused("OWN_RECORD_UNKNOWN", "own record", "It names keys that this node did not make.").error;
  }
  return addressFault(manifest, overlay, "manifest");
}

/** Every peer is there once, by id, name, address and key, and no peer is this node. */
function distinctFault({ manifest, peers }: Assembled, own: OwnFacts): ConfigRefusal | null {
  const nodes = new Set<string>();
  const names = new Set([manifest.name]);
  const addresses = new Set([manifest.ipv4, manifest.ipv6]);
  const keys = new Set<string>();
  const ownKeys = new Set(own.keys.flatMap(({ wireguard, kem, signing }) => [wireguard, kem, signing]));
  for (const { peer, record } of peers) {
    const where = nameOf(peer);
    if (peer.node === own.node) return refused("PEER_IS_SELF", where, "It is this node.").error;
    if (takes(nodes, peer.node) || takes(names, peer.name)) {
      return refused("PEER_DUPLICATE", where, "Its id or its name is another's.").error;
    }
    for (const address of [peer.ipv4, peer.ipv6]) {
      if (takes(addresses, address))
        return refused("ADDRESS_DUPLICATE", where, `${address} is another's.`).error;
    }
    for (const key of [record.wireguard, record.kem, record.signing]) {
      if (ownKeys.has(key)) return refused("PEER_HAS_OWN_KEY", where, "It has a key of this node.").error;
      if (takes(keys, key)) return refused("KEY_DUPLICATE", where, "Another peer has its key.").error;
    }
  }
  return null;
}

/** Adds a value. Returns whether the set contained the value before. */
function takes(set: Set<string>, value: string): boolean {
  if (set.has(value)) return true;
  set.add(value);
  return false;
}

function eachFault(assembled: Assembled, overlay: Overlay, own: OwnFacts): ConfigRefusal | null {
  const { manifest, component, peers } = assembled;
  const rules = new Map(component.rules.map((rule) => [rule.id, rule]));
  if (rules.size < component.rules.length) {
    return refused("RULE_UNKNOWN", "component", "It explains one rule twice.").error;
  }
  const forwards = readRoutes(manifest.forwards, overlay, "manifest");
  if (!Array.isArray(forwards)) return forwards;
  const ownRanges = forwards.map(({ prefix }) => prefix);
  const owned: OwnedRoute[] = [];
  const exits = new Set<string>();
  for (const known of peers) {
    const { peer } = known;
    const where = nameOf(peer);
    const wrong = peerFault(known, own, overlay);
    if (wrong) return wrong;
    const routes = readRoutes(peer.routes, overlay, where);
    if (!Array.isArray(routes)) return routes;
    const taken = routes.find(({ prefix }) => takesFrom(prefix, ownRanges));
    if (taken)
      return refused("ROUTE_OVERLAP", where, `${taken.text} holds what this node forwards to.`).error;
    owned.push(...routes.map((route) => ({ ...route, owner: peer.node })));
    if (routes.some(({ prefix }) => isDefaultRoute(prefix))) exits.add(peer.node);
    const isAsked = own.exitNode === peer.node || own.exitNode === peer.name;
    if (exits.has(peer.node) && !isAsked) {
      return refused("EXIT_UNASKED", where, "It would take all traffic, which nobody asked for here.").error;
    }
    if (exits.size > 1) return refused("ROUTE_OVERLAP", where, "Two peers would take all traffic.").error;
    const ungranted = grantFault(peer, { rules, forwards: ownRanges, overlay });
    if (ungranted) return ungranted;
  }
  const overlap = routeOverlap(owned.filter(({ prefix }) => !isDefaultRoute(prefix)));
  if (!overlap) return null;
  const [a, b] = overlap;
  return refused("ROUTE_OVERLAP", `node ${b.owner}`, `Its route ${b.text} overlaps ${a.text} of ${a.owner}.`)
    .error;
}

function peerFault({ peer, record }: KnownPeer, own: OwnFacts, overlay: Overlay): ConfigRefusal | null {
  const where = nameOf(peer);
  for (const { network } of [peer, record]) {
    if (network !== own.network) return foreign(where, network, own.network);
  }
  if (record.node !== peer.node) {
    return refused("RECORD_FOREIGN", where, `Its key record is of ${record.node}.`).error;
  }
  const key = fromBase64url(record.wireguard);
  if (!key || judgeMontgomeryPoint(key) !== "fine") {
    return refused("KEY_WEAK", where, "Its WireGuard key is one that everybody can compute with.").error;
  }
  for (const endpoint of peer.endpoints) {
    const fault = endpointFault(endpoint, overlay, where);
    if (fault) return fault;
  }
  return relayedFault(peer, own.node, overlay) ?? addressFault(peer, overlay, where);
}

type ReadRoute = Omit<OwnedRoute, "owner">;

function readRoutes(texts: readonly string[], overlay: Overlay, where: string): ReadRoute[] | ConfigRefusal {
  const routes: ReadRoute[] = [];
  for (const text of texts) {
    const prefix = readRoute(text, overlay, where);
    if (isRefusal(prefix)) return prefix;
    routes.push({ text, prefix });
  }
  return routes;
}

/**
 * Whether a peer takes traffic from a block that this node forwards to. A smaller block of a peer inside it is allowed,
 * since the peer is the closer router.
 */
const takesFrom = (prefix: Prefix, forwards: readonly Prefix[]): boolean =>
  !isDefaultRoute(prefix) && forwards.some((range) => contains(prefix, range));
const nameOf = ({ node }: { readonly node: string }): string => `peer ${node}`;
const foreign = (where: string, network: string, own: string): ConfigRefusal =>
  refused("WRONG_NETWORK", where, `It is of the network ${network}, not ${own}.`).error;
