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
import type { Kinship } from "./kin.ts";
import type { Key, Member, Membership } from "./membership.ts";
import { RouteClaims } from "./routes.ts";
import type { RuleTable } from "./rule-table.ts";
import type { PeerLink, SegmentRule } from "./types.ts";

/**
 * The nodes that a node may talk to, in either direction. Each direction of a peer has at most `LIMITS.grantsPerPeer`
 * grants: those with the lowest rule ids. The rest is denied. What isolation cuts off is no link at all.
 */
export function linksOf(viewer: Member, network: Network, settled: KinLinks<SettledLink>): PeerLink[] {
  const { members, rules } = network;
  const settle = settler(rules.terms);
  const settledOf = (draft: DraftLink): SettledLink => ({
    inbound: settle(draft.inbound),
    outbound: settle(draft.outbound),
  });
  const links = eachPeer(viewer, network, settled, settledOf).filter(
    ({ inbound, outbound }) => inbound.allowed.length + outbound.allowed.length > 0,
  );
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

/** What the links of a network follow from. */
export interface Network {
  readonly members: Membership;
  readonly rules: RuleTable;
  readonly isolation: Isolation;
  readonly kinship: Kinship;
}

/** What is known of two nodes, by the numbers of their kinds. It is the same for all kin of the two. */
export interface KinLinks<Link> {
  get(pair: string): Link | undefined;
  set(pair: string, link: Link): void;
}

/** What is left between two nodes after denials were held against grants. */
export interface SettledLink {
  readonly inbound: Verdicts;
  readonly outbound: Verdicts;
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

/** By peer. */
export function draftsOf(viewer: Member, network: Network): Map<string, DraftLink> {
  const found = eachPeer(viewer, network, new Map<string, DraftLink>(), (draft) => draft);
  return new Map(
    found.flatMap(({ peer, inbound, outbound }) =>
      isEmpty(inbound) && isEmpty(outbound) ? [] : [[peer, { inbound, outbound }]],
    ),
  );
}

/** @param known What was worked out for kin, and is for others: peers are many, and what rules say of one may be long. */
function eachPeer<Link extends SettledLink>(
  viewer: Member,
  { members, rules, isolation, kinship }: Network,
  known: KinLinks<Link>,
  linkOf: (draft: DraftLink) => Link,
): (Link & { readonly peer: string })[] {
  const roles = rules.naming(viewer).map((compiled) => ({
    compiled,
    asSource: endpointOf(viewer, compiled.from),
    asDestination: endpointOf(viewer, compiled.to),
  }));
  return [...peersOf(viewer, roles, members, rules)].flatMap((peer) => {
    const other = members.get(peer);
    if (!other || other === viewer) return [];
    const pair = `${kinship.of(viewer)} ${kinship.of(other)}`;
    let link = known.get(pair);
    if (!link) {
      link = linkOf(draftOf(viewer, other, roles, isolation.between(viewer, other), members));
      known.set(pair, link);
    }
    return [{ ...link, peer }];
  });
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
