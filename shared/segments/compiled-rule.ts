import { contains, formatPrefix, isDefaultRoute, type Prefix, prefixOf } from "../net/prefix.ts";
import type { Grant } from "../node/config/types.ts";
import { identityKey, type Key, type Member, type Membership } from "./membership.ts";
import type { SegmentRule, Selector } from "./types.ts";

/** One side of a rule, split by how its nodes are found. */
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

/** As what a node stands on a side of a rule: as itself, or for blocks that it forwards to, or both. */
export interface Endpoint {
  readonly self: boolean;
  readonly subnets: readonly Subnet[];
}

export function compileRule(rule: SegmentRule): CompiledRule {
  return { rule, from: sideOf(rule.from, false), to: sideOf(rule.to, true) };
}

/** Selectors that can't be meant (the Internet as a source, a default route as a subnet) select nothing. */
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

/** As what the member stands on the side, or null when it does not. */
export function endpointOf(member: Member, side: RuleSide): Endpoint | null {
  const self = side.identities.some((key) => member.identities.includes(key));
  const subnets = side.subnets.filter(({ prefix }) =>
    member.forwards.some((route) => contains(route, prefix)),
  );
  return self || subnets.length > 0 ? { self, subnets } : null;
}

/** Every node on the side; who stands for the Internet depends on the source and is not among them. */
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

/** What a rule lets pass from one node to another. */
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

/** What a rule lets pass from a node to everything outside, through an exit node with these default routes. */
export function grantsToInternet(rule: string, source: Endpoint, exits: readonly string[]): Grant[] {
  const from = source.subnets.map(({ prefix }) => formatPrefix(prefix));
  const grants: Grant[] = [];
  if (source.self) grants.push({ rule, to: exits });
  if (from.length > 0) grants.push({ rule, from, to: exits });
  return grants;
}
