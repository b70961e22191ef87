import { hostOf } from "../../net/prefix.ts";
import type { Grant } from "../../node/config/types.ts";
import { routedSet } from "../algebra/address-line.ts";
import { union } from "../algebra/intervals.ts";
import type { Permissions } from "../algebra/permissions.ts";
import { common, minus, type Region, regionOf, type Side } from "../algebra/region.ts";
import { ofFamily, type TrafficSet, trafficSet } from "../algebra/traffic-line.ts";
import { linksKnown } from "../known-links.ts";
import type { DraftVerdicts } from "../links.ts";
import type { PeerLink, SegmentIndex, SegmentRule, Selector } from "../types.ts";
import { type Span, spanAt } from "../windows.ts";
import type { End } from "./ends.ts";
import { meaning } from "./spoken.ts";

/** Whether one end may open a connection to the other, and what decides it. */
export interface Why {
  readonly verdict: "allowed" | "denied" | "partly";
  /** What passes of the traffic that was asked about, and what does not. */
  readonly passing: TrafficSet;
  readonly stopped: TrafficSet;
  /** The rules that speak of what was asked, ordered by id. */
  readonly rules: readonly SpeakingRule[];
  /** Why the rest does not pass. Empty when all passes. */
  readonly causes: readonly Cause[];
  /** How much of it each end's own filter lets through: out of the source, and into the destination. */
  readonly filters: { readonly source: Share; readonly destination: Share };
}

export type Share = "all" | "part" | "nothing";

export interface SpeakingRule extends Span {
  readonly rule: SegmentRule;
  /** What of the rule means the source, and what the destination. */
  readonly from: readonly Selector[];
  readonly to: readonly Selector[];
  /** The part of what was asked that the rule allows or denies while it holds. */
  readonly traffic: TrafficSet;
  /** Whether the verdict is another without the rule: it lets something pass, or stops something that another allows. */
  readonly decides: boolean;
}

/** Why some of the traffic does not pass. */
export type Cause =
  /** Both ends are one node, which needs no network. */
  | { readonly kind: "same_node" }
  /** The node is no member of the network at the moment, or is contained. */
  | { readonly kind: "not_a_member"; readonly node: string }
  | { readonly kind: "contained"; readonly node: string }
  /** A microsegment's level keeps them apart. */
  | { readonly kind: "isolation"; readonly microsegments: readonly string[] }
  | { readonly kind: "denied"; readonly rule: string; readonly traffic: TrafficSet }
  /** A rule allows it at another time. Null: it has ended. */
  | { readonly kind: "not_now"; readonly rule: string; readonly holdsFrom: number | null }
  | { readonly kind: "no_rule"; readonly traffic: TrafficSet; readonly nearly: readonly NearRule[] }
  /** The agent of the node does not know a term of the rules. */
  | { readonly kind: "old_agent"; readonly node: string }
  /** The packets do not go to this node, or do not come from it: another route is closer, or none is approved. */
  | { readonly kind: "no_way"; readonly address: string }
  /** The two nodes have more rules than a node takes for one peer. */
  | { readonly kind: "too_many" };

/** A rule that allows the traffic and means one of the two ends only, or both while the source met its condition. */
export interface NearRule {
  readonly rule: string;
  readonly misses: "from" | "to" | "condition";
}

/** More would not help anybody. */
const MOST_NEAR = 5;

export interface Asking {
  readonly index: SegmentIndex;
  readonly permissions: Permissions;
  readonly at: number;
  readonly knowledgeOf: (node: string) => number;
}

/** Answers for connections from one end to the other with this traffic. */
export function why(source: End, destination: End, asked: TrafficSet, asking: Asking): Why {
  const { index, permissions } = asking;
  const question = questionOf(source, destination, asked);
  const passing = common(question, permissions.between(source.node, destination.node));
  const stopped = minus(question, passing);
  const draft = index.draftsOf(source.node).get(destination.node)?.outbound ?? NOTHING;
  const rules = speakingRules(draft, question, source, destination, asking);
  return {
    verdict: stopped.length === 0 ? "allowed" : passing.length === 0 ? "denied" : "partly",
    passing: trafficIn(passing),
    stopped: trafficIn(stopped),
    rules,
    causes: stopped.length === 0 ? [] : causesOf(stopped, draft, source, destination, asking),
    filters: {
      source: shareOf(question, permissions.linksOf(source.node).get(destination.node), "outbound", asking),
      destination: shareOf(
        question,
        permissions.linksOf(destination.node).get(source.node),
        "inbound",
        asking,
      ),
    },
  };
}

function shareOf(
  question: Region,
  link: PeerLink | undefined,
  way: "inbound" | "outbound",
  { permissions }: Asking,
): Share {
  const region = link ? permissions.permitted(link[way], link.denied?.[way] ?? []) : [];
  const through = common(question, region);
  if (through.length === 0) return "nothing";
  return minus(question, through).length === 0 ? "all" : "part";
}

const NOTHING: DraftVerdicts = { allowed: [], denied: [], severed: [] };

function questionOf({ address: from }: End, { address: to }: End, asked: TrafficSet): Region {
  const host = hostOf(to ?? from ?? "");
  const traffic = host ? ofFamily(asked, host.version) : asked;
  return traffic.length === 0 ? [] : [{ from: sideOf(from), to: sideOf(to), traffic }];
}

const sideOf = (address: string | null): Side =>
  address === null ? null : routedSet([`${address}/${address.includes(":") ? 128 : 32}`]);

const trafficIn = (region: Region): TrafficSet => union(...region.map(({ traffic }) => traffic));

/** The packets of a grant at any time. */
const ever = (grants: readonly Grant[], index: SegmentIndex): Region =>
  grants.flatMap((grant) => regionOf(grant, trafficSet(index.rule(grant.rule)?.traffic ?? [])));

function speakingRules(
  draft: DraftVerdicts,
  question: Region,
  source: End,
  destination: End,
  { index, permissions, at }: Asking,
): SpeakingRule[] {
  const { allowed, severed, denied } = draft;
  const ids = [...new Set([...allowed, ...severed, ...denied].map(({ rule }) => rule))].sort();
  const without = (grants: readonly Grant[], id: string) => grants.filter(({ rule }) => rule !== id);
  const passing = common(question, permissions.permitted(allowed, denied));
  return ids.flatMap((id) => {
    const rule = index.rule(id);
    const own = [...allowed, ...severed, ...denied].filter((grant) => grant.rule === id);
    const spoken = common(question, ever(own, index));
    if (!rule || spoken.length === 0) return [];
    const rest = common(question, permissions.permitted(without(allowed, id), without(denied, id)));
    return [
      {
        ...{ rule, ...spanAt(rule, at), traffic: trafficIn(spoken) },
        from: meaning(rule, "from", source, source, index.world()),
        to: meaning(rule, "to", destination, source, index.world()),
        decides: minus(passing, rest).length + minus(rest, passing).length > 0,
      },
    ];
  });
}

function causesOf(
  stopped: Region,
  draft: DraftVerdicts,
  source: End,
  destination: End,
  asking: Asking,
): Cause[] {
  const { index, permissions, at } = asking;
  if (source.node === destination.node) return [{ kind: "same_node" }];
  const ends = [source.node, destination.node];
  const absent = ends.filter((id) => index.node(id)?.quarantined !== false);
  if (absent.length > 0) return absent.map((node) => ({ kind: "not_a_member", node }));
  const { allowed, severed, denied } = draft;
  const now = permissions.permitted(allowed, denied);
  const left = minus(stopped, common(stopped, now));
  const causes: Cause[] = [];
  if (common(stopped, ever(severed, index)).length > 0)
    causes.push({ kind: "isolation", microsegments: separating(source.node, destination.node, index) });
  for (const rule of new Set(denied.map((one) => one.rule))) {
    const its = common(
      stopped,
      permissions.permitted(
        denied.filter((one) => one.rule === rule),
        [],
      ),
    );
    if (its.length > 0) causes.push({ kind: "denied", rule, traffic: trafficIn(its) });
  }
  for (const rule of new Set(allowed.map((one) => one.rule))) {
    const terms = index.rule(rule);
    const span = terms && spanAt(terms, at);
    const its = ever(
      allowed.filter((one) => one.rule === rule),
      index,
    );
    if (span && !span.holds && common(left, its).length > 0)
      causes.push({ kind: "not_now", rule, holdsFrom: span.until });
  }
  const unspoken = minus(stopped, ever([...allowed, ...severed], index));
  if (unspoken.length > 0) {
    for (const node of ends) if (index.node(node)?.contained) causes.push({ kind: "contained", node });
    const traffic = trafficIn(unspoken);
    causes.push({ kind: "no_rule", traffic, nearly: nearRules(traffic, source, destination, index) });
  }
  // What rules allow now, and yet does not pass.
  const hindered = common(stopped, now);
  if (hindered.length > 0) causes.push(...hindrances(hindered, source, destination, asking));
  return causes;
}

/** Why traffic does not pass that rules allow now, though no denial touches it. */
function hindrances(
  left: Region,
  source: End,
  destination: End,
  { index, permissions, knowledgeOf }: Asking,
): Cause[] {
  const links = index.linksOf(source.node).filter(({ peer }) => peer === destination.node);
  const lacksSome = ([link]: readonly PeerLink[]): boolean => {
    const region = link ? permissions.permitted(link.outbound, link.denied?.outbound ?? []) : [];
    return minus(left, region).length > 0;
  };
  if (lacksSome(links)) return [{ kind: "too_many" }];
  const old = [source.node, destination.node].filter((node) =>
    lacksSome(linksKnown(links, knowledgeOf(node), (id) => index.rule(id))),
  );
  if (old.length > 0) return old.map((node) => ({ kind: "old_agent", node }));
  return [{ kind: "no_way", address: destination.address ?? source.address ?? "" }];
}

/** The microsegments whose level keeps the two apart. */
function separating(a: string, b: string, index: SegmentIndex): string[] {
  const confined = [a, b].map((id) => new Set(index.node(id)?.confinedBy));
  return index
    .world()
    .microsegments.filter(({ id, isolation }) => {
      const count = confined.filter((one) => one.has(id)).length;
      return isolation === "quarantine" ? count > 0 : isolation === "strict" && count === 2;
    })
    .map(({ id }) => id);
}

/**
 * Rules that allow the traffic at some time, and miss one thing of the two ends. What misses a contained end is none:
 * its tags and segments are what the rule names, and its quarantine is what stands in the way.
 */
function nearRules(traffic: TrafficSet, source: End, destination: End, index: SegmentIndex): NearRule[] {
  const world = index.world();
  return world.rules
    .flatMap((rule): NearRule[] => {
      if (rule.effect === "deny" || minusTraffic(traffic, rule).length > 0) return [];
      const from = meaning(rule, "from", source, source, world).length > 0;
      const to = meaning(rule, "to", destination, source, world).length > 0;
      if (from && to && rule.when !== undefined) return [{ rule: rule.id, misses: "condition" }];
      const missed = from ? destination : source;
      if (from === to || world.nodes.get(missed.node)?.contained) return [];
      return [{ rule: rule.id, misses: from ? "to" : "from" }];
    })
    .slice(0, MOST_NEAR);
}

const minusTraffic = (traffic: TrafficSet, rule: SegmentRule): Region =>
  minus([{ from: null, to: null, traffic }], [{ from: null, to: null, traffic: trafficSet(rule.traffic) }]);
