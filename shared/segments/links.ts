import { type Grant, LIMITS } from "../node/config/types.ts";
import { type Endpoint, endpointOf, endpointsOf, grantsBetween, grantsToInternet } from "./compiled-rule.ts";
import type { Member, Membership } from "./membership.ts";
import { RouteClaims } from "./routes.ts";
import type { RuleTable } from "./rule-table.ts";
import type { PeerLink } from "./types.ts";

interface DraftLink {
  readonly inbound: Grant[];
  readonly outbound: Grant[];
  readonly exits: readonly string[];
}

/**
 * The nodes that a node may talk to, in either direction. Each direction of a peer has at most `LIMITS.grantsPerPeer`
 * grants: those with the lowest rule ids. The rest is denied.
 */
export function linksOf(viewer: Member, members: Membership, rules: RuleTable): PeerLink[] {
  const drafts = new Map<string, DraftLink>();
  const claims = new RouteClaims();
  const exit = members.exitOf(viewer);
  const self = viewer.facts.id;

  const link = (peer: string): DraftLink => {
    const known = drafts.get(peer);
    if (known) return known;
    const made: DraftLink = { inbound: [], outbound: [], exits: [] };
    drafts.set(peer, made);
    return made;
  };
  const claim = (peer: string, { subnets }: Endpoint) => {
    const router = subnets.length > 0 && members.get(peer);
    if (router) for (const { prefix } of subnets) claims.add(prefix, router);
  };

  for (const { rule, from, to } of rules.naming(viewer)) {
    const asSource = endpointOf(viewer, from);
    const asDestination = endpointOf(viewer, to);
    if (asSource) {
      for (const [peer, destination] of endpointsOf(to, members, rules.routersTo)) {
        if (peer === self) continue;
        link(peer).outbound.push(...grantsBetween(rule.id, asSource, destination));
        claim(peer, destination);
      }
    }
    if (asSource && to.internet && exit) {
      const draft = link(exit.facts.id);
      draft.outbound.push(...grantsToInternet(rule.id, asSource, exit.exits));
      drafts.set(exit.facts.id, { ...draft, exits: exit.exits });
    }
    if (asDestination) {
      for (const [peer, source] of endpointsOf(from, members, rules.routersTo)) {
        if (peer === self) continue;
        link(peer).inbound.push(...grantsBetween(rule.id, source, asDestination));
        claim(peer, source);
      }
    }
    if (to.internet && viewer.exits.length > 0) {
      for (const peer of members.choosersOf(self)) {
        const chooser = members.get(peer);
        const source = chooser && members.exitOf(chooser) === viewer && endpointOf(chooser, from);
        if (!source) continue;
        link(peer).inbound.push(...grantsToInternet(rule.id, source, viewer.exits));
        claim(peer, source);
      }
    }
  }

  const routes = claims.assign(viewer);
  return [...drafts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([peer, { inbound, outbound, exits }]) => ({
      peer,
      inbound: inbound.slice(0, LIMITS.grantsPerPeer),
      outbound: outbound.slice(0, LIMITS.grantsPerPeer),
      routes: [...(routes.get(peer) ?? []).slice(0, LIMITS.routesPerPeer - exits.length), ...exits],
    }));
}
