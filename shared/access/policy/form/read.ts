import { err, ok, type Result } from "../../../base/result.ts";
import type { SnapshotPolicy } from "../../../registry/snapshot.ts";
import { pathOf } from "../mentions.ts";
import { ACTIONS, type ActionName } from "../request.ts";
import { lackOf, NO_CONDITIONS, type PolicyForm, type Who } from "./model.ts";
import { cedarJsonOf } from "./statement.ts";

/**
 * The forms of compiled statements, or the reason why the statements can only be written in Cedar.
 *
 * The function guesses a form from the names in a statement. It takes the form only if the form makes exactly
 * the same statement again. So a form never says less or more than its text.
 */
export function formsOf(statements: readonly SnapshotPolicy[]): Result<PolicyForm[], string> {
  const forms: PolicyForm[] = [];
  for (const [at, { policy }] of statements.entries()) {
    const { annotations, ...statement } = policy as { readonly annotations?: object };
    if (annotations && Object.keys(annotations).length > 0)
      return err(`Statement ${at + 1} has annotations, which the form can't keep.`);
    const form = guess(statement);
    if (!form || lackOf(form) !== null || !isSame(cedarJsonOf(form), statement))
      return err(`Statement ${at + 1} says something that the form has no field for.`);
    forms.push(form);
  }
  return ok(forms);
}

type Json = { readonly [key: string]: unknown };
const isJson = (part: unknown): part is Json => typeof part === "object" && part !== null;

/**
 * Everything that a form could be made from. If the guess is wrong, the statement made from the form differs
 * and shows the error.
 */
interface Found {
  readonly paths: string[];
  readonly networks: string[];
  readonly countries: string[];
  readonly notCountries: string[];
  readonly weekdays: number[];
  readonly methods: string[];
  readonly entities: { readonly type: string; readonly id: string }[];
  from: number | null;
  to: number | null;
  age: number | null;
}

function guess(statement: Json): PolicyForm | null {
  const { effect, principal, action, resource, conditions } = statement;
  if ((effect !== "permit" && effect !== "forbid") || !Array.isArray(conditions)) return null;
  const inside = (kind: string) =>
    lookThrough(conditions.filter((condition) => isJson(condition) && condition.kind === kind));
  const [when, unless] = [inside("when"), inside("unless")];
  const limits = effect === "permit" ? when : unless;
  const { networks, countries, notCountries, weekdays, methods, from, to, age } = limits;
  const groups = unless.entities.filter(({ type }) => type === "Group").map(({ id }) => id);
  return {
    effect,
    who: whoOf(isJson(principal) ? principal : {}, when.entities),
    app: uidsOf(resource).at(0)?.id ?? null,
    actions: uidsOf(action)
      .map(({ id }) => id)
      .filter(isAction),
    paths: when.paths,
    conditions: {
      ...NO_CONDITIONS,
      ...{ networks, countries, notCountries, weekdays, methods },
      memberOf: effect === "forbid" ? groups : [],
      hours: from === null || to === null ? null : { from, to },
      signedInWithin: age,
    },
  };
}

const isAction = (id: string): id is ActionName => (ACTIONS as readonly string[]).includes(id);

function whoOf(scope: Json, inClauses: Found["entities"]): Who {
  if (scope.op === "is") return { kind: "signedIn" };
  const named = [...uidsOf(scope), ...inClauses];
  if (named.length === 0) return { kind: "anyone" };
  const of = (wanted: string) => named.filter(({ type }) => type === wanted).map(({ id }) => id);
  return { kind: "named", groups: of("Group"), users: of("User"), serviceTokens: of("ServiceToken") };
}

/** The entities that the head of a statement names. */
function uidsOf(scope: unknown): Found["entities"] {
  if (!isJson(scope)) return [];
  const { entity, entities = [] } = scope;
  return [...(entity ? [entity] : []), ...(entities as unknown[])] as Found["entities"];
}

function lookThrough(conditions: readonly unknown[]): Found {
  const found: Found = {
    ...{ paths: [], networks: [], countries: [], notCountries: [], weekdays: [], methods: [], entities: [] },
    ...{ from: null, to: null, age: null },
  };
  const look = (part: unknown, negated: boolean): void => {
    if (!isJson(part)) return;
    for (const [operator, operand] of Object.entries(part)) {
      if (isJson(operand)) note(found, operator, operand, negated);
      look(operand, operator === "!" || (operator === "arg" && negated));
    }
  };
  look(conditions, false);
  return found;
}

function note(found: Found, operator: string, operand: Json, negated: boolean): void {
  const { left, right } = operand;
  switch (operator) {
    case "__entity":
      found.entities.push(operand as Found["entities"][number]);
      return;
    case "ip":
      found.networks.push(...valuesIn(operand, isText));
      return;
    case "==":
      if (pathOf(left) === "context.request.path") found.paths.push(...valuesIn([right], isText));
      return;
    case ">=":
      found.from = valuesIn([right], isNumber)[0] ?? null;
      return;
    case "<":
      found.to = valuesIn([right], isNumber)[0] ?? null;
      return;
    case "<=":
      found.age = valuesIn([right], isNumber)[0] ?? null;
      return;
    case "containsAny":
      found.methods.push(...valuesIn(setOf(right), isText));
      return;
    case "contains":
      if (pathOf(right) === "context.time.weekday") found.weekdays.push(...valuesIn(setOf(left), isNumber));
      else (negated ? found.notCountries : found.countries).push(...valuesIn(setOf(left), isText));
  }
}

const isText = (item: unknown): item is string => typeof item === "string";
const isNumber = (item: unknown): item is number => typeof item === "number";
const setOf = (part: unknown): unknown => (isJson(part) ? part.Set : []);
const valuesIn = <T>(items: unknown, is: (item: unknown) => item is T): T[] =>
  (Array.isArray(items) ? items : []).map((item) => (isJson(item) ? item.Value : null)).filter(is);

/** Whether two JSON values are equal, in any order of their members. */
function isSame(a: unknown, b: unknown): boolean {
  if (!isJson(a) || !isJson(b)) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isSame(a[key], b[key]));
}
