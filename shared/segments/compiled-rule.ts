import { contains, formatPrefix, isDefaultRoute, type Prefix, prefixOf } from "../net/prefix.ts";
import type { Grant } from "../node/config/types.ts";
import { identityKey, type Key, type Member, type Membership } from "./membership.ts";
import type { SegmentRule, Selector } from "./types.ts";

/** One side of a rule. Its selectors are grouped by how they find nodes. */
export interface RuleSide {
  readonly identities: readonly Key[];
  readonly subnets: readonly Subnet[];
  readonly internet: boolean;
}

export interface Subnet {
  readonly key: Key;
  readonly prefix: Prefix;
}

export interface CompiledRule {
  readonly rule: SegmentRule;
  readonly from: RuleSide;
  readonly to: RuleSide;
}

/** The role of a node on a side of a rule: it stands for itself, or for blocks that it forwards to, or for both. */
export interface Endpoint {
  readonly self: boolean;
  readonly subnets: readonly Subnet[];
}

export function compileRule(rule: SegmentRule): CompiledRule {
  return { rule, from: sideOf(rule.from, false), to: sideOf(rule.to, true) };
}

/** Selectors that make no sense (the Internet as a source, a default route as a subnet) select nothing. */
function sideOf(selectors: readonly Selector[], isDestination: boolean): RuleSide {
  const identities = new Set<Key>();
  const subnets = new Map<Key, Subnet>();
  for (const selector of selectors) {
    const identity = identityKey(selector);
    if (identity !== null) identities.add(identity);
    const prefix = selector.kind === "subnet" ? prefixOf(selector.prefix) : null;
    if (!prefix || isDefaultRoute(prefix)) continue;
    const key = `subnet:${formatPrefix(prefix)}`;
    subnets.set(key, { key, prefix });
  }
  const internet = isDestination && selectors.some(({ kind }) => kind === "internet");
  return { identities: [...identities], subnets: [...subnets.values()], internet };
}

/** The role of the member on the side. Null when the member is not on this side. */
export function endpointOf(member: Member, side: RuleSide): Endpoint | null {
  const self = side.identities.some((key) => member.identities.includes(key));
  const subnets = side.subnets.filter(({ prefix }) =>
    member.forwards.some((route) => contains(route, prefix)),
  );
  return self || subnets.length > 0 ? { self, subnets } : null;
}

/** All nodes on the side. Exit nodes are not among them: which node stands for the Internet depends on the source. */
export function endpointsOf(
  side: RuleSide,
  members: Membership,
  routersTo: (key: Key) => ReadonlySet<string>,
): Map<string, Endpoint> {
  const endpoints = new Map<string, Endpoint>();
  for (const key of side.identities) for (const id of members.with(key)) endpoints.set(id, ITSELF);
  for (const subnet of side.subnets) {
    for (const id of routersTo(subnet.key)) {
      const known = endpoints.get(id);
      endpoints.set(id, { self: known?.self ?? false, subnets: [...(known?.subnets ?? []), subnet] });
    }
  }
  return endpoints;
}

const ITSELF: Endpoint = { self: true, subnets: [] };

/** The traffic that a rule lets pass from one node to another. */
export function grantsBetween(rule: string, source: Endpoint, destination: Endpoint): Grant[] {
  const from = source.subnets.map(({ prefix }) => formatPrefix(prefix));
  const to = destination.subnets.map(({ prefix }) => formatPrefix(prefix));
  const grants: Grant[] = [];
  if (source.self && destination.self) grants.push({ rule });
  if (source.self && to.length > 0) grants.push({ rule, to });
  if (from.length > 0 && destination.self) grants.push({ rule, from });
  if (from.length > 0 && to.length > 0) grants.push({ rule, from, to });
  return grants;
}

/**
 * The traffic that a rule lets pass from a node to everything outside, through an exit node with these default routes.
 */
export function grantsToInternet(rule: string, source: Endpoint, exits: readonly string[]): Grant[] {
  const from = source.subnets.map(({ prefix }) => formatPrefix(prefix));
  const grants: Grant[] = [];
  if (source.self) grants.push({ rule, to: exits });
  if (from.length > 0) grants.push({ rule, from, to: exits });
  return grants;
}
