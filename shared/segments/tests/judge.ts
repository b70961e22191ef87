import { contains, isDefaultRoute, overlaps, prefixOf } from "../../net/prefix.ts";
import type { Grant, Traffic } from "../../node/config/types.ts";
import type { PairVerdicts } from "../pair.ts";
import { commonTraffic, coversTraffic, sharesTraffic } from "../traffic-sets.ts";
import type { SegmentIndex, Selector } from "../types.ts";
import { isTimed } from "../windows.ts";
import type { Expected, TriedTarget } from "./mesh-test.ts";

/** Two nodes for which a test fails, and what decided. */
export interface Witness {
  /** Ids of nodes. */
  readonly source: string;
  readonly destination: string;
  readonly because: "allowed" | "denied" | "isolation" | "no_rule";
  /** The traffic that is allowed although it may not be, or is not although it must. */
  readonly traffic: Traffic;
  /** Ids of the rules that decided. Empty for `isolation` and `no_rule`. */
  readonly rules: readonly string[];
}

export type Pair = readonly [source: string, destination: string];

/** Why a test fails for a pair. Null if it does not. */
export type Judge = (pair: Pair, verdicts: PairVerdicts) => Witness | null;

/**
 * How pairs are judged for a target.
 * @param now Milliseconds since the Unix epoch. Rules that have ended count no more.
 */
export function judgeOf(
  index: SegmentIndex,
  { to, traffic }: TriedTarget,
  now: number,
): Record<Expected, Judge> {
  const isOver = (rule: string) => (index.rule(rule)?.notAfter ?? Number.POSITIVE_INFINITY) <= now;
  const isLasting = ({ rule }: Grant) => {
    const terms = index.rule(rule);
    return terms !== undefined && !isTimed(terms);
  };
  const trafficOf = (grants: readonly Grant[]) =>
    grants.flatMap(({ rule }) => index.rule(rule)?.traffic ?? []);
  const allowing = (grants: readonly Grant[]) =>
    grants.filter((grant) => isOfAll(grant, to) && !isOver(grant.rule));
  const leaking = (grants: readonly Grant[]) =>
    grants.filter((grant) => touches(grant, to) && !isOver(grant.rule));
  const denying = (grants: readonly Grant[]) =>
    grants.filter((grant) => touches(grant, to) && isLasting(grant));
  const idsOf = (grants: readonly Grant[]) => [...new Set(grants.map(({ rule }) => rule))];
  return {
    accept: ([source, destination], { allowed, denied, said, cut }) => {
      const [passing, taken] = [trafficOf(allowing(allowed)), trafficOf(denying(denied))];
      const missing = traffic.find((one) => !coversTraffic(passing, [one]) || sharesTraffic(taken, [one]));
      if (missing === undefined) return null;
      const takenBy = denying(said.denied).filter((grant) => sharesTraffic(trafficOf([grant]), [missing]));
      const isCut = cut !== null && coversTraffic(trafficOf(allowing(said.allowed)), [missing]);
      const because = isCut ? "isolation" : takenBy.length > 0 ? "denied" : "no_rule";
      const rules = because === "denied" ? idsOf(takenBy) : [];
      return { source, destination, because, traffic: missing, rules };
    },
    deny: ([source, destination], { allowed, denied }) => {
      const taken = trafficOf(denying(denied).filter((grant) => isOfAll(grant, to)));
      for (const grant of leaking(allowed)) {
        for (const one of trafficOf([grant])) {
          const leaks = traffic
            .flatMap((asked) => commonTraffic(one, asked) ?? [])
            .find((common) => !coversTraffic(taken, [common]));
          if (leaks) return { source, destination, because: "allowed", traffic: leaks, rules: [grant.rule] };
        }
      }
      return null;
    },
  };
}

/** Whether a grant or denial is about all that the selector means. */
function isOfAll({ from, to = [] }: Grant, selector: Selector): boolean {
  if (from !== undefined) return false;
  const blocks = to.map(prefixOf).filter((block) => block !== null);
  switch (selector.kind) {
    case "internet":
      return blocks.some(isDefaultRoute);
    case "subnet": {
      const asked = prefixOf(selector.prefix);
      return asked !== null && blocks.some((block) => !isDefaultRoute(block) && contains(block, asked));
    }
    default:
      return to.length === 0;
  }
}

/** Whether a grant or denial is about a part of what the selector means. */
function touches(grant: Grant, selector: Selector): boolean {
  const asked = selector.kind === "subnet" ? prefixOf(selector.prefix) : null;
  if (!asked) return isOfAll(grant, selector);
  return (
    grant.from === undefined &&
    (grant.to ?? []).some((text) => {
      const block = prefixOf(text);
      return block !== null && overlaps(block, asked);
    })
  );
}
