import { contains, formatPrefix, isDefaultRoute, overlaps, type Prefix, prefixOf } from "../net/prefix.ts";
import { type Grant, LIMITS } from "../node/config/types.ts";
import { confinedKey, identityKey, type Key, type Member, type Membership } from "./membership.ts";
import type { SegmentRule, Selector } from "./types.ts";

/** One side of a rule. Its selectors are grouped by how they find nodes. */
export interface RuleSide {
  readonly identities: readonly Key[];
  readonly subnets: readonly Subnet[];
  readonly internet: boolean;
  /** The identity that a node must have beside. Null: none. */
  readonly condition: Key | null;
}

export interface Subnet {
  readonly key: Key;
  readonly prefix: Prefix;
  /**
   * Which part of the subnet lies behind a router. `whole`: the subnet, if a route of the router contains it. `parts`:
   * what its routes share with the subnet. `parts_and_exits`: also what an exit node may reach of it.
   */
  readonly reach: "whole" | "parts" | "parts_and_exits";
}

export interface CompiledRule {
  readonly rule: SegmentRule;
  readonly from: RuleSide;
  readonly to: RuleSide;
}

/** The role of a node on a side of a rule: it stands for itself, or for blocks that it forwards to, or for both. */
export interface Endpoint {
  readonly self: boolean;
  readonly blocks: readonly Prefix[];
}

export function compileRule(rule: SegmentRule): CompiledRule {
  return { rule, from: sideOf(rule, "from"), to: sideOf(rule, "to") };
}

/** Selectors that make no sense (the Internet as a source, a default route as a subnet) select nothing. */
function sideOf(rule: SegmentRule, side: "from" | "to"): RuleSide {
  const selectors: readonly Selector[] = rule[side];
  const isDestination = side === "to";
  const identities = new Set<Key>();
  const subnets = new Map<Key, Subnet>();
  // What is denied of a subnet is denied wherever a part of it lies. What is allowed goes to routers to all of it.
  const reach = rule.effect !== "deny" ? "whole" : isDestination ? "parts_and_exits" : "parts";
  for (const selector of selectors) {
    const identity = identityKey(selector);
    if (identity !== null) identities.add(identity);
    if (rule.effect === "deny" && selector.kind === "segment") identities.add(confinedKey(selector.segment));
    const prefix = selector.kind === "subnet" ? prefixOf(selector.prefix) : null;
    if (!prefix || isDefaultRoute(prefix)) continue;
    const key = `${reach}:${formatPrefix(prefix)}`;
    subnets.set(key, { key, prefix, reach });
  }
  const internet = isDestination && selectors.some(({ kind }) => kind === "internet");
  const condition = rule.when === undefined || isDestination ? null : conditionKey(rule);
  return { identities: [...identities], subnets: [...subnets.values()], internet, condition };
}

/**
 * The identity of the nodes that meet the condition of the rule. The placement of nodes gives it, as that of a microsegment
 * with the id of the rule: a claim is enough for a denial, and for nothing else.
 */
const conditionKey = ({ id, effect }: SegmentRule): Key =>
  effect === "deny" ? confinedKey(id) : `segment:${id}`;

const meets = ({ identities }: Member, { condition }: RuleSide): boolean =>
  condition === null || identities.includes(condition);

/** The blocks of the subnet that lie behind the member. */
export function blocksBehind(member: Member, { prefix, reach }: Subnet): Prefix[] {
  if (reach === "whole") return member.forwards.some((route) => contains(route, prefix)) ? [prefix] : [];
  const family = prefix.version === 4 ? "0.0.0.0/0" : "::/0";
  if (reach === "parts_and_exits" && member.exits.includes(family)) return [prefix];
  return member.forwards
    .filter((route) => overlaps(route, prefix))
    .map((route) => (contains(prefix, route) ? route : prefix));
}

/** The role of the member on the side. Null when the member is not on this side. */
export function endpointOf(member: Member, side: RuleSide): Endpoint | null {
  if (!meets(member, side)) return null;
  const self = side.identities.some((key) => member.identities.includes(key));
  const blocks = side.subnets.flatMap((subnet) => blocksBehind(member, subnet));
  return self || blocks.length > 0 ? { self, blocks } : null;
}

/** All nodes on the side. Exit nodes are not among them: which node stands for the Internet depends on the source. */
export function endpointsOf(
  side: RuleSide,
  members: Membership,
  routersTo: (key: Key) => ReadonlySet<string>,
): Map<string, Endpoint> {
  const endpoints = new Map<string, Endpoint>();
  const conditioned = side.condition === null ? null : members.with(side.condition);
  for (const key of side.identities) {
    for (const id of members.with(key)) if (conditioned?.has(id) ?? true) endpoints.set(id, ITSELF);
  }
  for (const subnet of side.subnets) {
    for (const id of routersTo(subnet.key)) {
      const router = members.get(id);
      if (!router || !meets(router, side)) continue;
      const known = endpoints.get(id);
      const blocks = [...(known?.blocks ?? []), ...blocksBehind(router, subnet)];
      endpoints.set(id, { self: known?.self ?? false, blocks });
    }
  }
  return endpoints;
}

const ITSELF: Endpoint = { self: true, blocks: [] };

/** The blocks as texts, in lists that a grant can hold. The parts of a denied subnet may be many. */
function listsOf(blocks: readonly Prefix[]): string[][] {
  const texts = [...new Set(blocks.map(formatPrefix))];
  const lists: string[][] = [];
  for (let at = 0; at < texts.length; at += LIMITS.routesPerPeer) {
    lists.push(texts.slice(at, at + LIMITS.routesPerPeer));
  }
  return lists;
}

/** The traffic that a rule speaks of from one node to another. */
export function grantsBetween(rule: string, source: Endpoint, destination: Endpoint): Grant[] {
  const between = source.self && destination.self ? [{ rule }] : [];
  if (source.blocks.length === 0 && destination.blocks.length === 0) return between;
  const [froms, tos] = [listsOf(source.blocks), listsOf(destination.blocks)];
  return [
    ...between,
    ...(source.self ? tos.map((to) => ({ rule, to })) : []),
    ...(destination.self ? froms.map((from) => ({ rule, from })) : []),
    ...froms.flatMap((from) => tos.map((to) => ({ rule, from, to }))),
  ];
}

/**
 * The traffic that a rule speaks of from a node to everything outside, through an exit node with these default routes.
 */
export function grantsToInternet(rule: string, source: Endpoint, exits: readonly string[]): Grant[] {
  return [
    ...(source.self ? [{ rule, to: exits }] : []),
    ...listsOf(source.blocks).map((from) => ({ rule, from, to: exits })),
  ];
}
