import type { Traffic } from "../../node/config/types.ts";
import type { ObservedFlow } from "../flow-graph.ts";
import { identityKey, memberOf } from "../membership.ts";
import { parseTraffic, printTraffic } from "../traffic.ts";
import { coversTraffic, sharesTraffic } from "../traffic-sets.ts";
import type { NodeFacts, SegmentRule, Selector } from "../types.ts";
import { isTimed } from "../windows.ts";
import { isBetweenNodes, serviceOf, type Watch } from "./watch.ts";

/** Less of a rule that is there: only the traffic that was used of it. Nobody gains anything by it. */

const DAY_MS = 86_400_000;
/** A rule of which more ports were used than one entry can list keeps them all. */
const MOST_PORTS = 32;
/** A node that was not heard for longer may have done what nobody knows. */
const HEARD_WITHIN_MS = DAY_MS;

export interface Narrowing {
  readonly rule: string;
  /** Traffic as rules write it. Nothing after: the rule is switched off. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** For how many whole days it was watched. */
  readonly days: number;
  /** From 0 to 1: how probable it is that what was not needed on any of these days is not needed on the next. */
  readonly confidence: number;
  /** How many pairs of nodes the rule is about, and how many used it. */
  readonly pairs: number;
  readonly used: number;
}

/** A rule as it is now. */
export interface RuleSince {
  readonly rule: SegmentRule;
  /** When it was last changed, in milliseconds since the Unix epoch. */
  readonly changedAt: number;
}

/** Laplace's rule of succession: a day on which nothing else was needed is one of so many. */
export const confidenceAfter = (days: number): number => (days + 1) / (days + 2);

/**
 * The rules of which less is used than they permit. A rule is judged only if it is about nodes themselves, holds at any time, and
 * if all its nodes have been heard for `leastDays` and all that they report is kept. Each recorded flow counts as a need,
 * also one that a single end reports.
 */
export function narrowingsOf(
  rules: readonly RuleSince[],
  nodes: readonly NodeFacts[],
  watch: Watch,
  leastDays: number,
  now: number,
): Narrowing[] {
  if (watch.truncated) return [];
  const sides = sidesOf(nodes);
  const since = completeSince(watch, now);
  const recorded = watch.flows.filter((flow) => flow.verdict === "allowed" && isBetweenNodes(flow));
  return rules.flatMap(({ rule, changedAt }) => {
    const [from, to] = [sides(rule.from), sides(rule.to)];
    if (from === null || to === null || rule.effect === "deny" || waits(rule)) return [];
    const known = Math.max(changedAt, ...[...from, ...to].map((node) => since.get(node) ?? now));
    const days = Math.floor((now - known) / DAY_MS);
    if (days < leastDays) return [];
    const needs = recorded.filter(
      ({ source, destination }) => from.has(source.node) && to.has(destination.node),
    );
    const after = usedOf(rule.traffic, needs);
    const [before, left] = [rule.traffic.map(printTraffic), after.map(printTraffic)];
    if (coversTraffic(after, rule.traffic)) return [];
    const pairs = new Set(
      needs
        .filter((flow) => isOf(rule.traffic, flow))
        .map(({ source, destination }) => `${source.node} ${destination.node}`),
    );
    const count = pairsOf(from, to);
    if (count === 0) return [];
    return {
      rule: rule.id,
      before,
      after: left,
      days,
      confidence: confidenceAfter(days),
      pairs: count,
      used: pairs.size,
    };
  });
}

/** Whether the flow may have been let pass by this traffic. What no rule can name, any traffic lets pass. */
const isOf = (traffic: readonly Traffic[], flow: ObservedFlow): boolean => {
  const needed = neededBy(flow);
  return needed === null
    ? traffic.some(({ protocol }) => protocol === "any")
    : sharesTraffic(traffic, [needed]);
};

function neededBy(flow: ObservedFlow): Traffic | null {
  const parsed = parseTraffic(serviceOf(flow) ?? "");
  return parsed.ok ? parsed.value : null;
}

/** Whether the rule may have had no use because its time has not come, or its condition was not met. */
const waits = (rule: SegmentRule): boolean => isTimed(rule) || rule.when !== undefined;

/** What is left of the traffic when only what the flows need stays. */
function usedOf(traffic: readonly Traffic[], needs: readonly ObservedFlow[]): Traffic[] {
  const left = traffic.flatMap((entry): readonly Traffic[] => {
    const uses = needs.filter((flow) => isOf([entry], flow)).map(neededBy);
    if (uses.length === 0) return [];
    const named = uses.filter((use) => use !== null);
    if (named.length < uses.length) return [entry];
    const left = (["tcp", "udp", "icmp"] as const).flatMap((protocol) => {
      const same = named.filter((use) => use.protocol === protocol);
      return same.length === 0 ? [] : narrowed({ ...entry, protocol }, same, entry);
    });
    return left.length === 0 || !coversTraffic([entry], left) ? [entry] : left;
  });
  // Entries that overlap may leave the same.
  return [...new Map(left.map((entry) => [printTraffic(entry), entry])).values()];
}

/** The ports that were used; all of the entry's where they are too many to list, or where only the protocol is known. */
function narrowed(whole: Traffic, uses: readonly Traffic[], entry: Traffic): Traffic[] {
  const kept = entry.protocol === "any" ? { ...whole, ports: [] } : entry;
  if (uses.some(({ ports }) => ports.length === 0)) return [kept];
  const parsed = parseTraffic(
    `${whole.protocol}/${[...new Set(uses.flatMap(({ ports }) => ports.map(([port]) => port)))].join()}`,
  );
  if (!parsed.ok || parsed.value.ports.length > MOST_PORTS) return [kept];
  return [{ ...kept, ports: parsed.value.ports }];
}

/** How many ordered pairs of different nodes there are. */
export const pairsOf = (from: ReadonlySet<string>, to: ReadonlySet<string>): number =>
  from.size * to.size - [...from].filter((node) => to.has(node)).length;

/** Since when each node is heard, of those that are still heard and of which everything is kept. */
const completeSince = ({ nodes }: Watch, now: number): ReadonlyMap<string, number> =>
  new Map(
    nodes
      .filter(({ complete, heardAt }) => complete && heardAt > now - HEARD_WITHIN_MS)
      .map(({ node, since }) => [node, since]),
  );

/** Finds the nodes on a side of a rule. Null where it means more than nodes. */
export function sidesOf(
  nodes: readonly NodeFacts[],
): (selectors: readonly Selector[]) => ReadonlySet<string> | null {
  const byKey = new Map<string, string[]>();
  for (const facts of nodes) {
    for (const key of memberOf(facts).identities) {
      const known = byKey.get(key) ?? [];
      byKey.set(key, known);
      known.push(facts.id);
    }
  }
  return (selectors) => {
    const keys = selectors.map(identityKey);
    if (keys.some((key) => key === null || key === "quarantine")) return null;
    return new Set(keys.flatMap((key) => byKey.get(key ?? "") ?? []));
  };
}
