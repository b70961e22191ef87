import { contains, isDefaultRoute, overlaps, type Prefix, prefixOf } from "../net/prefix.ts";
import { type Grant, LIMITS, type RuleTerms, type Traffic } from "../node/config/types.ts";
import { coversTraffic, sharesTraffic } from "./traffic-sets.ts";
import { isTimed } from "./windows.ts";

/** How deny rules limit what allow rules permit between two nodes in one direction. */

/** What rules say about the traffic from one node to another, each list ordered by rule id. */
export interface Verdicts {
  readonly allowed: readonly Grant[];
  readonly denied: readonly Grant[];
}

type TermsOf = (rule: string) => RuleTerms | undefined;

/** Settles the verdicts of many peers, of which many share theirs. */
export function settler(termsOf: TermsOf): (verdicts: Verdicts) => Verdicts {
  const settled = new Map<Verdicts, Verdicts>();
  return (verdicts) => {
    const known = settled.get(verdicts) ?? settle(verdicts, termsOf);
    settled.set(verdicts, known);
    return known;
  };
}

/**
 * Leaves out what has no effect: denials that touch nothing allowed, and grants of which nothing is left. At most
 * `LIMITS.grantsPerPeer` of each remain, those with the lowest rule ids. Where a denial does not fit, what it touches is
 * not allowed either.
 */
function settle({ allowed, denied }: Verdicts, termsOf: TermsOf): Verdicts {
  if (denied.length === 0) return { allowed: allowed.slice(0, LIMITS.grantsPerPeer), denied };
  const left = allowed.filter((grant) => !isCovered(grant, denied, termsOf));
  const touching = denied.filter((denial) => left.some((grant) => touches(denial, grant, termsOf)));
  const unfit = touching.slice(LIMITS.grantsPerPeer);
  return {
    allowed: withoutTouched(left, unfit, termsOf).slice(0, LIMITS.grantsPerPeer),
    denied: touching.slice(0, LIMITS.grantsPerPeer),
  };
}

/** The grants that no denial touches. */
export const withoutTouched = (
  allowed: readonly Grant[],
  denied: readonly Grant[],
  termsOf: TermsOf,
): Grant[] => allowed.filter((grant) => !denied.some((denial) => touches(denial, grant, termsOf)));

function touches(denial: Grant, grant: Grant, termsOf: TermsOf): boolean {
  return (
    someOverlap(denial.from, grant.from) &&
    someOverlap(denial.to, grant.to) &&
    sharesTraffic(trafficOf(denial, termsOf), trafficOf(grant, termsOf))
  );
}

/** Whether the denials together take away everything, at any time, that the grant permits. */
function isCovered(grant: Grant, denied: readonly Grant[], termsOf: TermsOf): boolean {
  const around = denied.filter(
    (denial) =>
      isLasting(denial, termsOf) && isWithin(grant.from, denial.from) && isWithin(grant.to, denial.to),
  );
  const traffic = around.flatMap((denial) => trafficOf(denial, termsOf));
  return traffic.length > 0 && coversTraffic(traffic, trafficOf(grant, termsOf));
}

function isLasting(denial: Grant, termsOf: TermsOf): boolean {
  const terms = termsOf(denial.rule);
  return terms !== undefined && !isTimed(terms);
}

const trafficOf = (grant: Grant, termsOf: TermsOf): readonly Traffic[] => termsOf(grant.rule)?.traffic ?? [];

/** One side of a grant: blocks, or the node's own addresses when absent. */
type Side = readonly string[] | undefined;

function someOverlap(a: Side, b: Side): boolean {
  if (a === undefined || b === undefined) return a === b;
  const others = blocksOf(b);
  return blocksOf(a).some((block) => others.some((other) => overlaps(block, other)));
}

/** A default route stands for the Internet, which is no more than itself. */
function isWithin(inner: Side, outer: Side): boolean {
  if (inner === undefined || outer === undefined) return inner === outer;
  const around = blocksOf(outer);
  return blocksOf(inner).every((block) =>
    around.some((other) => isDefaultRoute(other) === isDefaultRoute(block) && contains(other, block)),
  );
}

const blocksOf = (texts: readonly string[]): Prefix[] =>
  texts.map(prefixOf).filter((block) => block !== null);
