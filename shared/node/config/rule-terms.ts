import type { ComponentRule, RuleTerms } from "./types.ts";

/** The terms that a rule may have beside its traffic, in the order of the schema. */
const FURTHER = ["effect", "notBefore", "notAfter", "weekly", "log"] as const satisfies readonly Exclude<
  keyof RuleTerms,
  "traffic"
>[];

/** The first capability whose agents know these terms. */
export const RULE_TERMS_SINCE = 4;

/** Whether an agent knows no more of a rule than its traffic. */
export const isPlainAgent = (capability: number): boolean => capability < RULE_TERMS_SINCE;

/** Whether an agent of any capability lets through no more than the rule. That it does not log harms nothing. */
export const isPlainRule = (rule: RuleTerms): boolean =>
  FURTHER.every((term) => term === "log" || rule[term] === undefined) &&
  rule.traffic.every(({ family }) => family === undefined);

/** The part of a rule that nodes are told. */
export function componentRule(rule: ComponentRule): ComponentRule {
  const { id, name, traffic } = rule;
  const terms = FURTHER.filter((term) => rule[term] !== undefined).map((term) => [term, rule[term]]);
  return { id, name, traffic, ...Object.fromEntries(terms) };
}

/** The part that agents of any capability know. */
export const plainRule = ({ id, name, traffic }: ComponentRule): ComponentRule => ({ id, name, traffic });
