import type { Grant } from "../../../shared/node/config/types.ts";
import type { NodeFacts, PeerLink, SegmentRule, Selector } from "../../../shared/segments/types.ts";

/** Who may talk to whom, computed pair by pair from the facts alone: what the index is compared with. */

export interface Network {
  readonly nodes: ReadonlyMap<string, NodeFacts>;
  readonly rules: readonly SegmentRule[];
}

const DEFAULTS = ["0.0.0.0/0", "::/0"];

/** IPv4 only, which is enough for the networks that are drawn. */
export function holds(outer: string, inner: string): boolean {
  const [a, b] = [bitsOf(outer), bitsOf(inner)];
  return b.startsWith(a);
}

function bitsOf(prefix: string): string {
  const [address = "", length = "32"] = prefix.split("/");
  const bits = address.split(".").map((byte) => Number(byte).toString(2).padStart(8, "0"));
  return bits.join("").slice(0, Number(length));
}

const isNamed = (node: NodeFacts, selector: Selector): boolean =>
  node.contained ? selector.kind === "quarantine" : isNamedFree(node, selector);

const isNamedFree = (node: NodeFacts, selector: Selector): boolean =>
  selector.kind === "any" ||
  (selector.kind === "segment" && selector.segment === node.segment) ||
  (selector.kind === "tag" && node.tags.includes(selector.tag)) ||
  (selector.kind === "user" && selector.user === node.user) ||
  (selector.kind === "node" && selector.node === node.id);

const ownRoutes = (node: NodeFacts): string[] => node.routes.filter((route) => !DEFAULTS.includes(route));
const exitRoutes = (node: NodeFacts): string[] => DEFAULTS.filter((route) => node.routes.includes(route));

const blocksBehind = (node: NodeFacts, selectors: readonly Selector[]): string[] => [
  ...new Set(
    selectors.flatMap((selector) =>
      selector.kind === "subnet" && ownRoutes(node).some((route) => holds(route, selector.prefix))
        ? [selector.prefix]
        : [],
    ),
  ),
];

/** What may pass from a to b, rule by rule. */
export function grantsOf(network: Network, a: NodeFacts, b: NodeFacts): Grant[] {
  if (a.id === b.id || a.quarantined || b.quarantined) return [];
  const rules = network.rules.toSorted((x, y) => (x.id < y.id ? -1 : 1));
  return rules.flatMap((rule) => {
    const isSource = rule.from.some((selector) => isNamed(a, selector));
    const isDestination = rule.to.some((selector) => isNamed(b, selector));
    const from = blocksBehind(a, rule.from);
    const to = blocksBehind(b, rule.to);
    const isExit = a.exitNode === b.id && exitRoutes(a).length === 0;
    const exits = rule.to.some(({ kind }) => kind === "internet") && isExit ? exitRoutes(b) : [];
    const grants: Grant[] = [];
    if (isSource && isDestination) grants.push({ rule: rule.id });
    if (isSource && to.length > 0) grants.push({ rule: rule.id, to });
    if (from.length > 0 && isDestination) grants.push({ rule: rule.id, from });
    if (from.length > 0 && to.length > 0) grants.push({ rule: rule.id, from, to });
    if (isSource && exits.length > 0) grants.push({ rule: rule.id, to: exits });
    if (from.length > 0 && exits.length > 0) grants.push({ rule: rule.id, from, to: exits });
    return grants;
  });
}

export type NaiveLink = Omit<PeerLink, "routes">;

export function naiveLinks(network: Network, viewer: string): NaiveLink[] {
  const self = network.nodes.get(viewer);
  if (!self) return [];
  return [...network.nodes.values()]
    .map((peer) => ({
      peer: peer.id,
      inbound: grantsOf(network, peer, self),
      outbound: grantsOf(network, self, peer),
    }))
    .filter(({ inbound, outbound }) => inbound.length + outbound.length > 0)
    .sort((x, y) => (x.peer < y.peer ? -1 : 1));
}

const isDefault = (route: string): boolean => DEFAULTS.includes(route);
const lengthOf = (prefix: string): number => Number(prefix.split("/")[1]);
const closest = (node: NodeFacts, block: string): number =>
  Math.max(
    -1,
    ...ownRoutes(node)
      .filter((route) => holds(route, block))
      .map(lengthOf),
  );

/** The peer through which the viewer reaches an address behind routers; null when it reaches it otherwise or not. */
export function naiveWay(network: Network, viewer: string, address: string): string | null {
  const self = network.nodes.get(viewer);
  if (!self) return null;
  const links = naiveLinks(network, viewer);
  const claims = links.flatMap(({ peer, inbound, outbound }) =>
    [...inbound.flatMap((grant) => grant.from ?? []), ...outbound.flatMap((grant) => grant.to ?? [])]
      .filter((block) => !isDefault(block))
      .map((block) => ({ block, router: peer })),
  );
  const around = [...claims, ...ownRoutes(self).map((block) => ({ block, router: viewer }))].filter(
    ({ block }) => holds(block, address),
  );
  const longest = Math.max(-1, ...around.map(({ block }) => lengthOf(block)));
  const block = around.find((claim) => lengthOf(claim.block) === longest)?.block;
  if (block === undefined) return null;
  const routers = new Set(around.filter((claim) => claim.block === block).map(({ router }) => router));
  if (closest(self, block) >= 0) routers.add(viewer);
  const ranked = [...routers].sort((x, y) => {
    const [nodeX, nodeY] = [network.nodes.get(x), network.nodes.get(y)];
    const difference = nodeX && nodeY ? closest(nodeY, block) - closest(nodeX, block) : 0;
    if (difference !== 0) return difference;
    if (x === viewer || y === viewer) return x === viewer ? -1 : 1;
    return x < y ? -1 : 1;
  });
  const best = ranked[0];
  return best === undefined || best === viewer ? null : best;
}
