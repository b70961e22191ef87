import type { Grant } from "../node/config/types.ts";
import { endpointOf, grantsBetween, grantsToInternet } from "./compiled-rule.ts";
import { settler, type Verdicts } from "./denial.ts";
import type { Cut } from "./isolation.ts";
import { afterCut, type Network } from "./links.ts";
import type { Member } from "./membership.ts";

/** What the configs of two nodes say of the traffic that one opens to the other. */
export interface PairVerdicts extends Verdicts {
  /** All that rules say of it, before denials, isolation and limits take some away. */
  readonly said: Verdicts;
  readonly cut: Cut;
}

/**
 * The verdicts about one source, for each destination. They are those of `linksOf`, at the cost of one pair instead of all
 * peers.
 */
export function verdictsFrom(
  source: Member,
  { members, rules, isolation }: Network,
): (destination: Member) => PairVerdicts {
  const settle = settler(rules.terms);
  const exit = members.exitOf(source);
  const named = rules.naming(source).flatMap(({ rule, from, to }) => {
    const endpoint = endpointOf(source, from);
    return endpoint ? [{ rule, to, endpoint }] : [];
  });
  return (destination) => {
    const said = { allowed: [] as Grant[], denied: [] as Grant[] };
    for (const { rule, to, endpoint } of named) {
      const asDestination = endpointOf(destination, to);
      said[rule.effect === "deny" ? "denied" : "allowed"].push(
        ...(asDestination ? grantsBetween(rule.id, endpoint, asDestination) : []),
        ...(to.internet && exit === destination
          ? grantsToInternet(rule.id, endpoint, destination.exits)
          : []),
      );
    }
    const cut = isolation.between(source, destination);
    return { ...settle({ ...said, allowed: afterCut(cut, said.allowed) }), said, cut };
  };
}
