import type { ObservedFlow } from "../flow-graph.ts";
import { parseTraffic } from "../traffic.ts";
import { coversTraffic } from "../traffic-sets.ts";
import type { NodeFacts, SegmentRule } from "../types.ts";
import { type Meaning, means } from "./memory.ts";
import { type Narrowing, pairsOf, sidesOf } from "./narrowing.ts";
import { isBetweenNodes, serviceOf } from "./watch.ts";

/**
 * Adaptive segmentation: which narrowings are put in force without anybody asking, and which are taken back. What it does is
 * bounded in each direction: a budget for what it takes away, and one return for each narrowing, to exactly what was before.
 */

const DAY_MS = 86_400_000;
/** Below this nothing is narrowed by itself. It takes nine whole days to be so sure. */
export const LEAST_BY_ITSELF = 0.9;
/** For so long a denied attempt brings back what a narrowing took. Later it is an attempt like any other. */
export const GRACE_MS = 7 * DAY_MS;
/** After so many returns within the grace it stops altogether: then it does not know this network. */
export const MOST_RETURNS = 3;

/** What the network's administrators let it do. */
export interface Budget {
  /** At most so many narrowings in 24 hours. */
  readonly perDay: number;
  /** At most so many hundredths of all permissions in 24 hours. */
  readonly percent: number;
  /** The nodes of a rule must have been heard for so many days. */
  readonly days: number;
}

/** A narrowing that was put in force by itself. */
export interface Applied {
  readonly id: string;
  readonly at: number;
  /** Which share of all permissions it took away, from 0 to 1. */
  readonly share: number;
  /** When it was taken back, by whomever. Null while it holds. */
  readonly undoneAt: number | null;
}

/** What a narrowing takes away, as a share of all permissions: its unused pairs, and all pairs of which the traffic shrinks. */
export interface Costed extends Narrowing {
  readonly share: number;
}

/**
 * How much of all permissions each narrowing takes. A permission is one entry of traffic of a rule for one pair of nodes; an
 * entry that changes counts as taken away, so that no more is taken than the budget says. Rules about networks and the Internet are
 * not counted among all, which only makes shares larger.
 */
export function costed(
  narrowings: readonly Narrowing[],
  rules: readonly SegmentRule[],
  nodes: readonly NodeFacts[],
): Costed[] {
  const sides = sidesOf(nodes);
  const all = rules.reduce((sum, rule) => {
    const [from, to] = [sides(rule.from), sides(rule.to)];
    return from && to && rule.effect !== "deny" ? sum + pairsOf(from, to) * rule.traffic.length : sum;
  }, 0);
  return narrowings.map((narrowing) => {
    const changed = narrowing.before.filter((entry) => !narrowing.after.includes(entry)).length;
    return { ...narrowing, share: all === 0 ? 1 : (narrowing.pairs * changed) / all };
  });
}

/**
 * The narrowings to put in force now: the surest first, as many as the budget of the last 24 hours leaves. One that was taken
 * back counts against the budget, too, and whatever means the same never comes back by itself.
 * @param turnedDown What was rejected or undone.
 */
export function nextNarrowings(
  candidates: readonly Costed[],
  budget: Budget,
  applied: readonly Applied[],
  turnedDown: readonly Meaning[],
  now: number,
): Costed[] {
  const recent = applied.filter(({ at }) => at > now - DAY_MS);
  let count = recent.length;
  let share = recent.reduce((sum, one) => sum + one.share, 0);
  const chosen: Costed[] = [];
  for (const one of candidates.toSorted(
    (a, b) => b.confidence - a.confidence || (a.rule < b.rule ? -1 : 1),
  )) {
    if (count >= budget.perDay) break;
    const isSure = one.confidence >= LEAST_BY_ITSELF && one.days >= budget.days;
    const isTooMuch = share + one.share > budget.percent / 100;
    if (!isSure || isTooMuch || turnedDown.some((old) => means(meaningOf(one), old))) continue;
    chosen.push(one);
    count += 1;
    share += one.share;
  }
  return chosen;
}

/** How a narrowing is known again. */
export const meaningOf = ({ rule, before, after }: Narrowing): Meaning => ({
  about: [rule],
  says: after,
  to: before,
});

/** A narrowing in force, with the nodes on both sides of its rule. */
export interface InForce extends Pick<Narrowing, "before" | "after"> {
  readonly id: string;
  readonly at: number;
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
}

/**
 * The narrowings that a denied attempt hit within the grace: what they took away was needed after all. An attempt counts if it
 * is of nodes and traffic that the rule let pass before and not after. So an attacker can bring back at most what was
 * permitted a week ago, once.
 */
export function missed(inForce: readonly InForce[], denied: readonly ObservedFlow[], now: number): InForce[] {
  return inForce.filter(
    ({ at, from, to, before, after }) =>
      now - at <= GRACE_MS &&
      denied.some(
        (flow) =>
          flow.verdict === "denied" &&
          flow.lastSeenAt > at &&
          !isScan(flow) &&
          isBetweenNodes(flow) &&
          from.has(flow.source.node) &&
          to.has(flow.destination.node) &&
          isIn(before, flow) &&
          !isIn(after, flow),
      ),
  );
}

/** Attempts at so many ports that they are reported without one. Whoever needs something knows its port. */
const isScan = ({ protocol, port }: ObservedFlow): boolean =>
  port === null && (protocol === "tcp" || protocol === "udp");

/** Whether it must stop by itself: what it took was needed too often. */
export const mustStop = (applied: readonly Applied[], now: number): boolean =>
  applied.filter(({ undoneAt }) => undoneAt !== null && undoneAt > now - GRACE_MS).length >= MOST_RETURNS;

function isIn(entries: readonly string[], flow: ObservedFlow): boolean {
  const service = serviceOf(flow);
  if (service === null) return entries.includes("any");
  const [asked, ...known] = [service, ...entries].map(parseTraffic);
  return (
    asked?.ok === true &&
    coversTraffic(
      known.flatMap((one) => (one.ok ? one.value : [])),
      [asked.value],
    )
  );
}
