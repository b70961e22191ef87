import type { Environment } from "./environment.ts";
import { Place } from "./errors.ts";
import { compileExpression } from "./expressions.ts";
import { asList, asObject, asText, fields, type Json } from "./json.ts";
import { type Permission, permissionOf } from "./permissions.ts";
import { compileScope, type Scope } from "./scopes.ts";
import { type AccessTerms, termsOf } from "./terms.ts";
import { asBool } from "./values.ts";

/** One compiled Cedar policy. */
export interface Policy {
  readonly id: string;
  readonly effect: "permit" | "forbid";
  readonly principal: Scope;
  readonly action: Scope;
  readonly resource: Scope;
  readonly conditions: readonly ((env: Environment) => boolean)[];
  /** On which terms a permit allows. */
  readonly terms: AccessTerms;
  /** What a permit gives at most. */
  readonly permission: Permission;
}

/**
 * Whether a policy's head and conditions hold.
 *
 * @throws EvaluationError
 */
export const holds = ({ principal, action, resource, conditions }: Policy, env: Environment): boolean =>
  principal.matches(env) &&
  action.matches(env) &&
  resource.matches(env) &&
  conditions.every((condition) => condition(env));

/**
 * Compiles a policy in Cedar's JSON format.
 *
 * @throws CompileError Names the place.
 */
export function compilePolicy(id: string, json: unknown): Policy {
  const place = new Place();
  const policy = fields(json, place, [
    "effect",
    "principal",
    "action",
    "resource",
    "conditions",
    "annotations?",
  ]);
  const effect = asText(policy.effect, place.at("effect"));
  if (effect !== "permit" && effect !== "forbid")
    return place.at("effect").refuse("must be permit or forbid");
  const principal = compileScope("principal", policy.principal, place.at("principal"));
  const action = compileScope("action", policy.action, place.at("action"));
  const resource = compileScope("resource", policy.resource, place.at("resource"));
  const terms = compileTerms(effect, policy.annotations, place.at("annotations"));
  const conditions = asList(policy.conditions, place.at("conditions")).map((condition, i) =>
    compileCondition(condition, place.at("conditions", i)),
  );
  return { id, effect, principal, action, resource, conditions, terms, permission: permissionOf(policy) };
}

function compileTerms(effect: Policy["effect"], annotations: unknown, place: Place): AccessTerms {
  const named: Json = annotations === undefined ? {} : asObject(annotations, place);
  const terms = termsOf(effect, named);
  return terms.ok ? terms.value : place.refuse(terms.error);
}

function compileCondition(json: unknown, place: Place): (env: Environment) => boolean {
  const { kind, body } = fields(json, place, ["kind", "body"]);
  const wanted =
    kind === "when" || (kind === "unless" ? false : place.at("kind").refuse("must be when or unless"));
  const code = compileExpression(body, place.at("body"));
  return (env) => asBool(code.run(env)) === wanted;
}
