import type { FactKind } from "./facts.ts";

/** A criterion in the form that is evaluated. `text` of a test is what was written. */
export type Expression =
  | { readonly kind: "and" | "or"; readonly parts: readonly Expression[] }
  | { readonly kind: "not"; readonly part: Expression }
  | Test;

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** A test of one fact. */
export type Test =
  | {
      readonly kind: "compare";
      readonly fact: string;
      readonly factKind: FactKind;
      readonly operator: Comparison;
      readonly value: string;
      readonly text: string;
    }
  /** The fact is one of these. */
  | {
      readonly kind: "in";
      readonly fact: string;
      readonly values: readonly string[];
      readonly text: string;
    }
  /** The set holds this. */
  | { readonly kind: "has"; readonly fact: string; readonly value: string; readonly text: string }
  /** The fact is yes. */
  | { readonly kind: "flag"; readonly fact: string; readonly text: string }
  /** Somebody stated the fact. */
  | { readonly kind: "known"; readonly fact: string; readonly text: string };

/** All tests of the expression, in the order of the text. */
export function testsOf(expression: Expression): Test[] {
  switch (expression.kind) {
    case "and":
    case "or":
      return expression.parts.flatMap(testsOf);
    case "not":
      return testsOf(expression.part);
    default:
      return [expression];
  }
}

/** The names of the facts that the expression reads. */
export const factsRead = (expression: Expression | null): Set<string> =>
  new Set(expression ? testsOf(expression).map(({ fact }) => fact) : []);
