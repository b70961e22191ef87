import type { Code } from "./code.ts";
import { type Environment, NO_ATTRIBUTES } from "./environment.ts";
import { fail, type Place } from "./errors.ts";
import { asEntity, asString, type CedarRecord, EntityUid, isRecord, typeOf, type Value } from "./values.ts";

/** Compiles one of the four variables of a policy. */
export function compileVariable(json: unknown, place: Place): Code {
  switch (json) {
    case "principal":
      return { run: (env) => env.principal };
    case "action":
      return { run: (env) => env.action };
    case "resource":
      return { run: (env) => env.resource };
    case "context":
      return { run: (env) => env.context };
    default:
      return place.refuse("is not a variable");
  }
}

/** The attributes of a record or an entity. An entity that doesn't exist has no attributes. */
function attributesOf(env: Environment, value: Value): CedarRecord {
  if (isRecord(value)) return value;
  if (value instanceof EntityUid) return env.entities.get(value.key)?.attributes ?? NO_ATTRIBUTES;
  return fail(`type error: expected record or entity, got ${typeOf(value)}`);
}

export function compileAttribute(left: Code, name: string): Code {
  return {
    run: (env) => attributesOf(env, left.run(env)).get(name) ?? fail(`there is no attribute ${name}`),
  };
}

/** `left has a.b.c`: every attribute of the path exists. */
export function compileHas(left: Code, names: readonly string[]): Code {
  return {
    run: (env) => {
      let value: Value | undefined = left.run(env);
      for (const name of names) {
        value = attributesOf(env, value).get(name);
        if (value === undefined) return false;
      }
      return true;
    },
  };
}

export function compileTag(operator: "getTag" | "hasTag", left: Code, right: Code): Code {
  return {
    run: (env) => {
      const entity = asEntity(left.run(env));
      const name = asString(right.run(env));
      const tag = env.entities.get(entity.key)?.tags.get(name);
      if (operator === "hasTag") return tag !== undefined;
      return tag ?? fail(`${entity.key}" has no tag ${name}`);
    },
  };
}
