import type { Expression, Test } from "./criteria/expression.ts";
import type { FactValues } from "./criteria/facts.ts";
import { drop, setOf } from "./membership.ts";
import { type Microsegment, type Named, namesOf } from "./microsegment.ts";
import { printSelector } from "./selector.ts";

/**
 * Finds the microsegments of which a node may be a member, without evaluating the others. A criterion can be met only where one of
 * some facts is known, or has one of some values. So a node costs as much as the facts that it has and the criteria that they lead to.
 */
export class Candidates {
  readonly #byKey = new Map<string, Set<string>>();
  /** Those whose criteria can be met without any fact. */
  readonly #always = new Set<string>();

  add({ id, where, include }: Microsegment): void {
    const keys = where ? needed(where, true) : [];
    if (keys === null) this.#always.add(id);
    for (const key of [...(keys ?? []), ...include.map(printSelector)]) setOf(this.#byKey, key).add(id);
  }

  delete({ id, where, include }: Microsegment): void {
    this.#always.delete(id);
    const keys = where ? needed(where, true) : [];
    for (const key of [...(keys ?? []), ...include.map(printSelector)]) drop(this.#byKey, key, id);
  }

  /** A set that has all of them, and perhaps others. */
  of(node: Named, facts: FactValues): Set<string> {
    const found = new Set(this.#always);
    const collect = (key: string) => {
      for (const id of this.#byKey.get(key) ?? []) found.add(id);
    };
    for (const name of namesOf(node)) collect(name);
    for (const [fact, value] of facts) {
      collect(known(fact));
      for (const one of typeof value === "string" ? [value] : Array.isArray(value) ? value : [])
        collect(has(fact, one));
    }
    return found;
  }
}

/** No name of a fact has a space, and each selector has a colon. */
const known = (fact: string): string => `known ${fact}`;
const has = (fact: string, value: string): string => `${fact} ${value}`;

/** The keys of which a node has one at least where the expression is `truth`. Null: it may be so without any. */
function needed(expression: Expression, truth: boolean): string[] | null {
  switch (expression.kind) {
    case "not":
      return needed(expression.part, !truth);
    case "and":
    case "or": {
      const parts = expression.parts.map((part) => needed(part, truth));
      // All parts are true of a true "and", and all are false of a false "or": any of them will do.
      return (expression.kind === "and") === truth ? leastOf(parts) : allOf(parts);
    }
    default:
      return neededByTest(expression, truth);
  }
}

/** A test can't be said where its fact is missing, except whether the fact is known. */
function neededByTest(test: Test, truth: boolean): string[] | null {
  if (!truth) return test.kind === "known" ? null : [known(test.fact)];
  switch (test.kind) {
    case "in":
      return test.values.map((value) => has(test.fact, value));
    case "has":
      return [has(test.fact, test.value)];
    case "compare":
      // Versions are equal that are not spelt alike.
      return test.operator === "==" && test.factKind !== "version"
        ? [has(test.fact, test.value)]
        : [known(test.fact)];
    default:
      return [known(test.fact)];
  }
}

const allOf = (parts: readonly (string[] | null)[]): string[] | null =>
  parts.every((part) => part !== null) ? parts.flat() : null;

/** The keys that the fewest nodes have: many have a fact, and few its value. */
function leastOf(parts: readonly (string[] | null)[]): string[] | null {
  const weight = (keys: string[]) =>
    keys.reduce((sum, key) => sum + (key.startsWith("known ") ? 1_000 : 1), 0);
  return parts.reduce<string[] | null>(
    (least, part) => (part && (!least || weight(part) < weight(least)) ? part : least),
    null,
  );
}
