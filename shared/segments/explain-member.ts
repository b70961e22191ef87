import { evaluateTest, type Truth } from "./criteria/evaluate.ts";
import { type Expression, testsOf } from "./criteria/expression.ts";
import { type FactSource, type FactValue, type FactValues, factOf } from "./criteria/facts.ts";
import { type Belonging, belongingOf, isNamed, type Microsegment, type Named } from "./microsegment.ts";

/** Why a node belongs to a microsegment or not. */
export interface Explanation {
  readonly belonging: Belonging;
  /** The list that names the node. `exclude` wins. */
  readonly listed: "include" | "exclude" | null;
  readonly where: readonly Finding[];
  readonly unless: readonly Finding[];
  /** In one sentence. */
  readonly detail: string;
}

/** One test of a criterion, and what came of it. */
export interface Finding {
  readonly test: string;
  readonly fact: string;
  /** Who states the fact. `node` means that the node claims it. */
  readonly source: FactSource;
  /** Null: nobody states it. */
  readonly value: FactValue | null;
  /** Null: it can't be said. */
  readonly holds: Truth;
}

export function explainMember(microsegment: Microsegment, node: Named, facts: FactValues): Explanation {
  const belonging = belongingOf(microsegment, node, facts);
  const listed = isNamed(node, microsegment.exclude)
    ? "exclude"
    : isNamed(node, microsegment.include)
      ? "include"
      : null;
  const where = findings(microsegment.where, facts);
  const unless = findings(microsegment.unless, facts);
  return { belonging, listed, where, unless, detail: sentence({ belonging, listed, where, unless }) };
}

const findings = (expression: Expression | null, facts: FactValues): Finding[] =>
  (expression ? testsOf(expression) : []).map((test) => ({
    test: test.text,
    fact: test.fact,
    source: factOf(test.fact)?.source ?? "administrator",
    value: facts.get(test.fact) ?? null,
    holds: evaluateTest(test, facts, "all"),
  }));

function sentence({ belonging, listed, where, unless }: Omit<Explanation, "detail">): string {
  const missing = [
    ...new Set([...where, ...unless].flatMap(({ fact, holds }) => (holds === null ? [fact] : []))),
  ];
  const unsaid = `nobody states ${missing.join(" and ")}`;
  const byList = listed === "include" ? "it is in the list of members" : "it meets the criterion";
  switch (belonging) {
    case "full":
      return `It is a member, since ${byList}.`;
    case "narrow":
      return missing.length > 0
        ? `Only denials and isolation hold for it: ${byList}, and ${unsaid}.`
        : "Only denials and isolation hold for it, since it meets the criterion by what it claims of itself.";
    case "undecided":
      return `It is no member: ${unsaid}.`;
    case "none":
      if (listed === "exclude") return "It is no member, since it is in the list of exclusions.";
      return unless.some(({ holds }) => holds === true)
        ? "It is no member, since an exclusion holds or the criterion is not met."
        : "It is no member, since it does not meet the criterion.";
  }
}
