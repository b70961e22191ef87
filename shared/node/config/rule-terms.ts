import type { ComponentRule, RuleTerms } from "./types.ts";

/** The terms that a rule may have beside its traffic, in the order of the schema. */
const FURTHER = ["effect"] as const satisfies readonly Exclude<keyof RuleTerms, "traffic">[];

/** The first capability whose agents know these terms. */
export const RULE_TERMS_SINCE = 4;

/** Whether an agent of any capability enforces the whole rule. */
export const isPlainRule = (rule: RuleTerms): boolean => FURTHER.every((term) => rule[term] === undefined);

/** The part of a rule that nodes are told. */
export function componentRule(rule: ComponentRule): ComponentRule {
  const { id, name, traffic } = rule;
  const terms = FURTHER.filter((term) => rule[term] !== undefined).map((term) => [term, rule[term]]);
  return { id, name, traffic, ...Object.fromEntries(terms) };
}
