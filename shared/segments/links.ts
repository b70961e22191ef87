import { isDefaultRoute, prefixOf } from "../net/prefix.ts";
import { type Grant, LIMITS } from "../node/config/types.ts";
import { endpointOf, endpointsOf, grantsBetween, grantsToInternet } from "./compiled-rule.ts";
import { settler, type Verdicts } from "./denial.ts";
import type { Cut, Isolation } from "./isolation.ts";
import type { Member, Membership } from "./membership.ts";
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

export function draftsOf(
  viewer: Member,
  members: Membership,
  rules: RuleTable,
  isolation: Isolation,
): Map<string, DraftLink> {
  const drafts = new Map<string, DraftLink>();
  const self = viewer.facts.id;
  const exit = members.exitOf(viewer);
  const add = (peer: string, way: keyof DraftLink, { effect }: SegmentRule, grants: readonly Grant[]) => {
    if (grants.length === 0) return;
    const other = members.get(peer);
    const draft = drafts.get(peer) ?? { inbound: NOTHING(), outbound: NOTHING() };
    drafts.set(peer, draft);
    if (effect === "deny") return void draft[way].denied.push(...grants);
    const left = other ? afterCut(isolation.between(viewer, other), grants) : grants;
    draft[way].allowed.push(...left);
    if (left.length < grants.length)
      draft[way].severed.push(...grants.filter((grant) => !left.includes(grant)));
  };
  for (const { rule, from, to } of rules.naming(viewer)) {
    const asSource = endpointOf(viewer, from);
    const asDestination = endpointOf(viewer, to);
    if (asSource) {
      for (const [peer, destination] of endpointsOf(to, members, rules.routersTo)) {
        if (peer !== self) add(peer, "outbound", rule, grantsBetween(rule.id, asSource, destination));
      }
    }
    if (asSource && to.internet && exit) {
      add(exit.facts.id, "outbound", rule, grantsToInternet(rule.id, asSource, exit.exits));
    }
    if (asDestination) {
      for (const [peer, source] of endpointsOf(from, members, rules.routersTo)) {
        if (peer !== self) add(peer, "inbound", rule, grantsBetween(rule.id, source, asDestination));
      }
    }
    if (to.internet && viewer.exits.length > 0) {
      for (const peer of members.choosersOf(self)) {
        const chooser = members.get(peer);
        const source = chooser && members.exitOf(chooser) === viewer && endpointOf(chooser, from);
        if (source) add(peer, "inbound", rule, grantsToInternet(rule.id, source, viewer.exits));
      }
    }
  }
  return drafts;
}

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
