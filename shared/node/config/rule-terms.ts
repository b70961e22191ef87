import type { ComponentRule, RuleTerms, Traffic } from "./types.ts";

/** The terms that a rule may have beside its traffic, in the order of the schema. */
const FURTHER = ["effect", "notBefore", "notAfter", "weekly", "log"] as const satisfies readonly Exclude<
  keyof RuleTerms,
  "traffic"
>[];

/** The first capabilities whose agents know more of a rule than those before: `FURTHER`, and the kinds of traffic of today. */
const TERMS_SINCE = 4;
/** The knowledge of agents that know all of every rule. */
export const ALL_OF_RULES = 6;

/** What an agent knows of rules: the first capability whose agents know the same. */
export const ruleKnowledge = (capability: number): number =>
  [ALL_OF_RULES, TERMS_SINCE].find((since) => capability >= since) ?? 0;

/** The first capability whose agents let through no more than the rule says. That an agent does not log harms nothing. */
export function knownSince(rule: RuleTerms): number {
  if (rule.traffic.some(isOfToday)) return ALL_OF_RULES;
  const isPlain =
    FURTHER.every((term) => term === "log" || rule[term] === undefined) &&
    rule.traffic.every(({ family }) => family === undefined);
  return isPlain ? 0 : TERMS_SINCE;
}

const isOfToday = ({ protocol, ports }: Traffic): boolean =>
  protocol === "other" || (protocol === "icmp" && ports.length > 0);

/** The rules that agents with this knowledge are told, as they are told them. */
export const rulesKnown = (knowledge: number, rules: readonly ComponentRule[]): ComponentRule[] =>
  rules
    .filter((rule) => knownSince(rule) <= knowledge)
    .map(knowledge < TERMS_SINCE ? plainRule : componentRule);

/** The part of a rule that nodes are told. */
export function componentRule(rule: ComponentRule): ComponentRule {
  const { id, name, traffic } = rule;
  const terms = FURTHER.filter((term) => rule[term] !== undefined).map((term) => [term, rule[term]]);
  return { id, name, traffic, ...Object.fromEntries(terms) };
}

/** The part that agents of any capability know. */
const plainRule = ({ id, name, traffic }: ComponentRule): ComponentRule => ({ id, name, traffic });
