import { type Environment, isWithin } from "./environment.ts";
import type { Place } from "./errors.ts";
import { asEntityType, asList, asObject, asText, asUid, fields, type Json } from "./json.ts";
import type { EntityUid } from "./values.ts";

export type Variable = "principal" | "action" | "resource";

/** One line of a policy's head: what it matches, and the keys under which the policy is stored. */
export interface Scope {
  readonly matches: (env: Environment) => boolean;
  /**
   * A request can match only if its entity, or an entity above it, has one of these keys. Null: any request
   * can match.
   */
  readonly keys: readonly string[] | null;
}

/** Compiles `principal …`, `action …` or `resource …` of Cedar's JSON policy format. */
export function compileScope(variable: Variable, json: unknown, place: Place): Scope {
  const scope = asObject(json, place);
  switch (asText(scope.op, place.at("op"))) {
    case "All":
      fields(scope, place, ["op"]);
      return { matches: () => true, keys: null };
    case "==":
      return exactly(variable, asUid(fields(scope, place, ["op", "entity"]).entity, place.at("entity")));
    case "in":
      return within(variable, entitiesOf(scope, place));
    case "is":
      return ofType(variable, scope, place);
    default:
      return place.at("op").refuse("is not a known scope operator");
  }
}

function exactly(variable: Variable, { key }: EntityUid): Scope {
  return { matches: (env) => env[variable].key === key, keys: [key] };
}

function within(variable: Variable, entities: readonly EntityUid[]): Scope {
  const keys = entities.map((entity) => entity.key);
  return { matches: (env) => keys.some((key) => isWithin(env, env[variable], key)), keys };
}

function ofType(variable: Variable, scope: Json, place: Place): Scope {
  const { entity_type, in: parent } = fields(scope, place, ["op", "entity_type", "in?"]);
  const type = asEntityType(entity_type, place.at("entity_type"));
  const isType = (env: Environment) => env[variable].type === type;
  if (parent === undefined) return { matches: isType, keys: null };
  const { matches, keys } = within(variable, entitiesOf(asObject(parent, place.at("in")), place.at("in")));
  return { matches: (env) => isType(env) && matches(env), keys };
}

/** `in` names one entity, or for actions a list of entities. */
function entitiesOf(scope: Json, place: Place): EntityUid[] {
  if (scope.entities !== undefined) {
    return asList(scope.entities, place.at("entities")).map((entity, i) =>
      asUid(entity, place.at("entities", i)),
    );
  }
  if (scope.slot !== undefined) place.at("slot").refuse("is a template slot, which must be linked first");
  return [asUid(scope.entity, place.at("entity"))];
}
