import { isPlainRule } from "../node/config/rule-terms.ts";
import type { RuleTerms } from "../node/config/types.ts";
import { withoutTouched } from "./denial.ts";
import type { PeerLink } from "./types.ts";

/**
 * The links as an agent may have them that knows no more of a rule than its traffic. It would refuse a whole config because of
 * a term that it doesn't know. And it may never let through what an agent that knows the terms would drop. So it gets no
 * grant of a rule with further terms, and none that a denial touches. A peer to which nothing is left is no peer.
 */
export function plainLinks(
  links: readonly PeerLink[],
  termsOf: (rule: string) => RuleTerms | undefined,
): PeerLink[] {
  return links.flatMap(({ denied, ...link }) => {
    const plain = (way: "inbound" | "outbound") =>
      withoutTouched(link[way], denied?.[way] ?? [], termsOf).filter(({ rule }) => {
        const terms = termsOf(rule);
        return terms !== undefined && isPlainRule(terms);
      });
    const [inbound, outbound] = [plain("inbound"), plain("outbound")];
    return inbound.length + outbound.length > 0 ? [{ ...link, inbound, outbound }] : [];
  });
}
