import { contains, hostOf, isDefaultRoute, prefixOf } from "../../net/prefix.ts";
import { blocksBehind, compileRule, type RuleSide } from "../compiled-rule.ts";
import { confinedKey, identityKey, type Member, memberOf } from "../membership.ts";
import type { SegmentRule, Selector, World } from "../types.ts";
import type { End } from "./ends.ts";

/** Which words of a rule mean an end. */

/** The selectors of one side of a rule that mean the end. Empty: the rule does not speak of it. */
export function meaning(
  rule: SegmentRule,
  side: "from" | "to",
  end: End,
  source: End,
  world: World,
): Selector[] {
  const node = world.nodes.get(end.node);
  if (!node || node.quarantined) return [];
  const member = memberOf(node);
  return rule[side].filter((selector) => {
    if (end.address === null) return isNamed(selector, member, rule.effect === "deny");
    const alone = compileRule({ ...rule, [side]: [selector] })[side];
    return liesBehind(alone, end.address, member) || (alone.internet && isChosenExit(end, source, world));
  });
}

function isNamed(selector: Selector, { identities }: Member, denies: boolean): boolean {
  const key = identityKey(selector);
  if (key !== null && identities.includes(key)) return true;
  return denies && selector.kind === "segment" && identities.includes(confinedKey(selector.segment));
}

function liesBehind(side: RuleSide, address: string, router: Member): boolean {
  const host = hostOf(address);
  return (
    host !== null &&
    side.subnets.some((subnet) => blocksBehind(router, subnet).some((block) => contains(block, host)))
  );
}

const isChosenExit = (end: End, source: End, { nodes }: World): boolean => {
  const isExit = nodes.get(end.node)?.routes.some((text) => isDefaultRoute(prefixOf(text) ?? NO_ROUTE));
  return isExit === true && nodes.get(source.node)?.exitNode === end.node;
};
const NO_ROUTE = { version: 4, length: 32, first: 0n, last: 0n } as const;
