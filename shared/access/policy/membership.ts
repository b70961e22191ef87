import type { Code } from "./code.ts";
import { type Environment, isWithin } from "./environment.ts";
import { fail } from "./errors.ts";
import { asEntity, CedarSet, EntityUid, typeOf, type Value } from "./values.ts";

/** `left in right`. The right side is an entity or a set of entities. */
export function compileIn(left: Code, right: Code): Code {
  const isWithinRight = withinOf(right);
  return { run: (env) => isWithinRight(env, asEntity(left.run(env))) };
}

/** `left is T` and `left is T in right`. The right side is evaluated only if the entity has the type. */
export function compileIs(left: Code, type: string, right: Code | null): Code {
  const isWithinRight = right ? withinOf(right) : null;
  return {
    run: (env) => {
      const entity = asEntity(left.run(env));
      return entity.type === type && (isWithinRight === null || isWithinRight(env, entity));
    },
  };
}

/** Whether an entity is within the entities on the right side. */
function withinOf(right: Code): (env: Environment, entity: EntityUid) => boolean {
  const known = right.constant === undefined ? null : entityKeys(right.constant);
  if (known) return (env, entity) => isWithinAny(env, entity, known);
  return (env, entity) => {
    const target = right.run(env);
    const keys = entityKeys(target) ?? fail(`type error: expected entities, got ${typeOf(target)}`);
    return isWithinAny(env, entity, keys);
  };
}

function isWithinAny(env: Environment, entity: EntityUid, keys: readonly string[]): boolean {
  return keys.some((key) => isWithin(env, entity, key));
}

/** The keys of one entity or of a set of entities. Null for any other value. */
function entityKeys(value: Value): string[] | null {
  if (value instanceof EntityUid) return [value.key];
  if (!(value instanceof CedarSet)) return null;
  const keys: string[] = [];
  for (const element of value.elements) {
    if (!(element instanceof EntityUid)) return null;
    keys.push(element.key);
  }
  return keys;
}
