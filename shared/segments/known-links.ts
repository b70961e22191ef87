import { ALL_OF_RULES, knownSince } from "../node/config/rule-terms.ts";
import type { Grant, RuleTerms } from "../node/config/types.ts";
import { withoutTouched } from "./denial.ts";
import type { PeerLink } from "./types.ts";

/**
 * The links as an agent with this knowledge of rules may have them. It would refuse a whole config because of a term of a rule that it
 * doesn't know. And it may never let through what an agent that knows the terms would drop. So it gets no rule that it doesn't
 * know, and no grant that such a denial touches. A peer to which nothing is left is no peer.
 */
export function linksKnown(
  links: readonly PeerLink[],
  knowledge: number,
  termsOf: (rule: string) => RuleTerms | undefined,
): readonly PeerLink[] {
  if (knowledge >= ALL_OF_RULES) return links;
  const isKnown = ({ rule }: Grant): boolean => {
    const terms = termsOf(rule);
    return terms !== undefined && knownSince(terms) <= knowledge;
  };
  return links.flatMap(({ denied: all, ...link }) => {
    const known = (way: "inbound" | "outbound") => {
      const unknown = all?.[way].filter((denial) => !isKnown(denial)) ?? [];
      return withoutTouched(link[way], unknown, termsOf).filter(isKnown);
    };
    const [inbound, outbound] = [known("inbound"), known("outbound")];
    if (inbound.length + outbound.length === 0) return [];
    const denied = {
      inbound: all?.inbound.filter(isKnown) ?? [],
      outbound: all?.outbound.filter(isKnown) ?? [],
    };
    const isDenied = denied.inbound.length + denied.outbound.length > 0;
    return [{ ...link, inbound, outbound, ...(isDenied && { denied }) }];
  });
}
