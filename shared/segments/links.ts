import { isDefaultRoute, prefixOf } from "../net/prefix.ts";
import { type Grant, LIMITS } from "../node/config/types.ts";
import {
  type CompiledRule,
  type Endpoint,
  endpointOf,
  grantsBetween,
  grantsToInternet,
  type RuleSide,
} from "./compiled-rule.ts";
import { settler, type Verdicts } from "./denial.ts";
import type { Cut, Isolation } from "./isolation.ts";
import type { Key, Member, Membership } from "./membership.ts";
import { RouteClaims } from "./routes.ts";
import type { RuleTable } from "./rule-table.ts";
import type { PeerLink, SegmentRule } from "./types.ts";

/**
 * The nodes that a node may talk to, in either direction. Each direction of a peer has at most `LIMITS.grantsPerPeer`
 * grants: those with the lowest rule ids. The rest is denied. What isolation cuts off is no link at all.
 */
export function linksOf(
  viewer: Member,
  members: Membership,
  rules: RuleTable,
  isolation: Isolation,
): PeerLink[] {
  const settle = settler(rules.terms);
  const links = [...draftsOf(viewer, members, rules, isolation)].flatMap(([peer, draft]) => {
    const inbound = settle(draft.inbound);
    const outbound = settle(draft.outbound);
    return inbound.allowed.length + outbound.allowed.length > 0 ? [{ peer, inbound, outbound }] : [];
  });
  const claims = new RouteClaims();
  for (const { peer, inbound, outbound } of links) {
    const router = members.get(peer);
    if (!router) continue;
    for (const { from } of inbound.allowed) claim(claims, router, from);
    for (const { to } of outbound.allowed) claim(claims, router, to);
  }
  const routes = claims.assign(viewer);
  return links
    .sort((a, b) => (a.peer < b.peer ? -1 : 1))
    .map(({ peer, inbound, outbound }) => {
      const exits = exitsOf(outbound.allowed);
      const near = (routes.get(peer) ?? []).slice(0, LIMITS.routesPerPeer - exits.length);
      return {
        peer,
        inbound: inbound.allowed,
        outbound: outbound.allowed,
        ...(inbound.denied.length + outbound.denied.length > 0
          ? { denied: { inbound: inbound.denied, outbound: outbound.denied } }
          : {}),
        routes: [...near, ...exits],
      };
    });
}

/** What the rules say of a peer, before denials are held against grants. */
export interface DraftLink {
  readonly inbound: DraftVerdicts;
  readonly outbound: DraftVerdicts;
}
export interface DraftVerdicts extends Verdicts {
  readonly allowed: Grant[];
  readonly denied: Grant[];
  /** What rules allow and isolation takes away. */
  readonly severed: Grant[];
}

/** A rule that names the viewer, and the viewer's role on each side. */
interface Role {
  readonly compiled: CompiledRule;
  readonly asSource: Endpoint | null;
  readonly asDestination: Endpoint | null;
}

/** By peer. Peers of which the rules say the same have the same draft, since there are many of them and it may be long. */
export function draftsOf(
  viewer: Member,
  members: Membership,
  rules: RuleTable,
  isolation: Isolation,
): Map<string, DraftLink> {
  const roles = rules.naming(viewer).map((compiled) => ({
    compiled,
    asSource: endpointOf(viewer, compiled.from),
    asDestination: endpointOf(viewer, compiled.to),
  }));
  const byKind = new Map<string, DraftLink>();
  const drafts = new Map<string, DraftLink>();
  for (const peer of peersOf(viewer, roles, members, rules)) {
    const other = members.get(peer);
    if (!other || other === viewer) continue;
    const cut = isolation.between(viewer, other);
    const kind = `${cut} ${kindOf(other, viewer, rules)}`;
    const draft = byKind.get(kind) ?? draftOf(viewer, other, roles, cut, members);
    byKind.set(kind, draft);
    if (!isEmpty(draft.inbound) || !isEmpty(draft.outbound)) drafts.set(peer, draft);
  }
  return drafts;
}

/** The nodes on the other side of the rules. */
function peersOf(
  viewer: Member,
  roles: readonly Role[],
  members: Membership,
  rules: RuleTable,
): ReadonlySet<string> {
  const sides = new Set<Key>();
  const subnets = new Set<Key>();
  const peers = new Set<string>();
  const collect = ({ identities, subnets: blocks }: RuleSide) => {
    for (const key of identities) sides.add(key);
    for (const { key } of blocks) subnets.add(key);
  };
  const exit = members.exitOf(viewer);
  for (const { compiled, asSource, asDestination } of roles) {
    if (asSource) collect(compiled.to);
    if (asDestination) collect(compiled.from);
    if (!compiled.to.internet) continue;
    if (asSource && exit) peers.add(exit.facts.id);
    if (viewer.exits.length > 0) for (const id of members.choosersOf(viewer.facts.id)) peers.add(id);
  }
  for (const key of sides) for (const id of members.with(key)) peers.add(id);
  for (const key of subnets) for (const id of rules.routersTo(key)) peers.add(id);
  return peers;
}

/** Peers of one kind are named by the same rules. A peer that forwards, or that uses the viewer as its exit, is its own kind. */
function kindOf({ facts, identities, forwards, exits }: Member, viewer: Member, rules: RuleTable): string {
  if (forwards.length + exits.length + viewer.exits.length > 0) return facts.id;
  return identities.filter((key) => rules.names(key)).join(" ");
}

function draftOf(
  viewer: Member,
  other: Member,
  roles: readonly Role[],
  cut: Cut,
  members: Membership,
): DraftLink {
  const draft = { inbound: NOTHING(), outbound: NOTHING() };
  const add = (way: keyof DraftLink, { effect }: SegmentRule, grants: readonly Grant[]) => {
    if (effect === "deny") return void draft[way].denied.push(...grants);
    const left = afterCut(cut, grants);
    draft[way].allowed.push(...left);
    if (left.length < grants.length)
      draft[way].severed.push(...grants.filter((grant) => !left.includes(grant)));
  };
  const isOurExit = members.exitOf(viewer) === other;
  const usesUs = members.exitOf(other) === viewer;
  for (const { compiled, asSource, asDestination } of roles) {
    const { rule, from, to } = compiled;
    const destination = asSource && endpointOf(other, to);
    const source = (asDestination || (to.internet && usesUs)) && endpointOf(other, from);
    if (asSource && destination) add("outbound", rule, grantsBetween(rule.id, asSource, destination));
    if (asSource && to.internet && isOurExit)
      add("outbound", rule, grantsToInternet(rule.id, asSource, other.exits));
    if (asDestination && source) add("inbound", rule, grantsBetween(rule.id, source, asDestination));
    if (source && to.internet && usesUs)
      add("inbound", rule, grantsToInternet(rule.id, source, viewer.exits));
  }
  return draft;
}

const isEmpty = ({ allowed, denied, severed }: DraftVerdicts): boolean =>
  allowed.length + denied.length + severed.length === 0;

/** What is lateral has neither side behind a router: one node opens it to the other itself. */
export function afterCut(cut: Cut, grants: readonly Grant[]): readonly Grant[] {
  if (cut === null) return grants;
  return cut === "all" ? [] : grants.filter(({ from, to }) => from !== undefined || to !== undefined);
}

const NOTHING = (): DraftVerdicts => ({ allowed: [], denied: [], severed: [] });

/** Says that the viewer exchanges packets with blocks behind the router. */
function claim(claims: RouteClaims, router: Member, blocks: readonly string[] | undefined): void {
  for (const text of blocks ?? []) {
    const prefix = prefixOf(text);
    if (prefix && !isDefaultRoute(prefix)) claims.add(prefix, router);
  }
}

/** The default routes that the grants lead through. */
const exitsOf = (outbound: readonly Grant[]): string[] => {
  const isExit = (text: string) => text === "0.0.0.0/0" || text === "::/0";
  return [...new Set(outbound.flatMap(({ to }) => to?.filter(isExit) ?? []))].sort();
};
