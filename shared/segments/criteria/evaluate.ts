import type { Comparison, Expression, Test } from "./expression.ts";
import { type FactKind, type FactValue, type FactValues, isClaim, LEVELS } from "./facts.ts";
import { compareVersions } from "./version.ts";

/** True, false, or null: it can't be said, since a fact is missing (Kleene's strong logic of three values). */
export type Truth = boolean | null;

/** Whose word counts. `stated` takes claims for missing. */
export type Believed = "stated" | "all";

/**
 * Whether the facts meet the criterion. A missing fact makes its test neither true nor false, and `not` does not turn
 * that into a match. More facts never turn a true answer into another one. `known` of a fact that is not believed can't
 * be said either.
 */
export function evaluate(expression: Expression, facts: FactValues, believed: Believed): Truth {
  switch (expression.kind) {
    case "and":
      return all(expression.parts.map((part) => evaluate(part, facts, believed)));
    case "or":
      return negated(all(expression.parts.map((part) => negated(evaluate(part, facts, believed)))));
    case "not":
      return negated(evaluate(expression.part, facts, believed));
    default:
      return evaluateTest(expression, facts, believed);
  }
}

const negated = (truth: Truth): Truth => (truth === null ? null : !truth);

function all(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(null) ? null : true;
}

export function evaluateTest(test: Test, facts: FactValues, believed: Believed): Truth {
  if (believed === "stated" && isClaim(test.fact)) return null;
  const value = facts.get(test.fact);
  if (test.kind === "known") return value !== undefined;
  return value === undefined ? null : meets(test, value);
}

function meets(test: Exclude<Test, { kind: "known" }>, value: FactValue): Truth {
  switch (test.kind) {
    case "has":
      return Array.isArray(value) ? value.includes(test.value) : null;
    case "in":
      return typeof value === "string" ? test.values.includes(value) : null;
    case "flag":
      return typeof value === "boolean" ? value : null;
    case "compare":
      return typeof value === "string"
        ? compared(test.operator, orderOf(test.factKind, value, test.value))
        : null;
  }
}

/** Negative if `left` comes first. Null where the two can't be compared. */
function orderOf(kind: FactKind, left: string, right: string): number | null {
  if (kind === "version") return compareVersions(left, right);
  if (kind === "number") return Number(left) - Number(right);
  if (kind !== "level") return left === right ? 0 : 1;
  const [a, b] = [left, right].map((level) => (LEVELS as readonly string[]).indexOf(level));
  return a === undefined || b === undefined || a < 0 || b < 0 ? null : a - b;
}

function compared(operator: Comparison, order: number | null): Truth {
  if (order === null) return null;
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}
