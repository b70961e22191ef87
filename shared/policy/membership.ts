import type { Code } from "./code.ts";
import { type Environment, isWithin } from "./environment.ts";
import { fail } from "./errors.ts";
import { asEntity, CedarSet, EntityUid, typeOf, type Value } from "./values.ts";

/** `left in right`, where right is an entity or a set of entities. */
export function compileIn(left: Code, right: Code): Code {
  const known = right.constant === undefined ? null : entityKeys(right.constant);
  if (known) return { run: (env) => isWithinAny(env, asEntity(left.run(env)), known) };
  return {
    run: (env) => {
      const entity = asEntity(left.run(env));
      const target = right.run(env);
      const keys = entityKeys(target) ?? fail(`type error: expected entities, got ${typeOf(target)}`);
      return isWithinAny(env, entity, keys);
    },
  };
}

/** `left is T` and `left is T in right`; the right side is evaluated only for entities of the type. */
export function compileIs(left: Code, type: string, right: Code | null): Code {
  const within = right ? compileIn(left, right) : null;
  return {
    run: (env) => asEntity(left.run(env)).type === type && (within === null || within.run(env)),
  };
}

function isWithinAny(env: Environment, entity: EntityUid, keys: readonly string[]): boolean {
  return keys.some((key) => isWithin(env, entity, key));
}

/** The keys of one entity or a set of entities, or null where there is something else. */
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
