import type { Code, Run } from "./code.ts";
import { fail } from "./errors.ts";
import { Datetime } from "./extensions/datetime.ts";
import { Duration } from "./extensions/duration.ts";
import { add, type Long, multiply, negate, subtract } from "./long.ts";
import { asBool, asLong, asSet, type CedarSet, equal, typeOf, type Value } from "./values.ts";

/** Operators that always evaluate both operands. */
export const BINARY_OPERATORS: ReadonlyMap<string, (left: Code, right: Code) => Run> = new Map(
  Object.entries({
    "==": (left: Code, right: Code): Run => equality(left, right),
    "!=": (left: Code, right: Code): Run => {
      const same = equality(left, right);
      return (env) => !same(env);
    },
    "<": ordering((a, b) => a < b),
    "<=": ordering((a, b) => a <= b),
    ">": ordering((a, b) => a > b),
    ">=": ordering((a, b) => a >= b),
    "+": arithmetic(add),
    "-": arithmetic(subtract),
    "*": arithmetic(multiply),
    contains: (left: Code, right: Code): Run => {
      return (env) => {
        const set = left.run(env);
        const element = right.run(env);
        return asSet(set).has(element);
      };
    },
    containsAll: sets((a, b) => a.hasAll(b)),
    containsAny: sets((a, b) => a.hasAny(b)),
  }),
);

export const UNARY_OPERATORS: ReadonlyMap<string, (value: Value) => Value> = new Map<
  string,
  (value: Value) => Value
>([
  ["!", (value) => !asBool(value)],
  ["neg", (value) => negate(asLong(value))],
  ["isEmpty", (value) => asSet(value).elements.length === 0],
]);

function equality(left: Code, right: Code): Run {
  return (env) => equal(left.run(env), right.run(env));
}

function arithmetic(operate: (a: Long, b: Long) => Long) {
  return (left: Code, right: Code): Run => {
    return (env) => operate(asLong(left.run(env)), asLong(right.run(env)));
  };
}

/** Longs, datetimes and durations can be ordered, but only within the same type. */
function ordering(holds: (a: Long, b: Long) => boolean) {
  return (left: Code, right: Code): Run => {
    return (env) => {
      const a = left.run(env);
      const b = right.run(env);
      if (typeof a === "number" && typeof b === "number") return holds(a, b);
      if (a instanceof Datetime && b instanceof Datetime) return holds(a.epoch, b.epoch);
      if (a instanceof Duration && b instanceof Duration) return holds(a.milliseconds, b.milliseconds);
      if (isLong(a) && isLong(b)) return holds(a, b);
      return fail(`type error: ${typeOf(a)} and ${typeOf(b)} have no common order`);
    };
  };
}

function isLong(value: Value): value is Long {
  return typeof value === "number" || typeof value === "bigint";
}

function sets(holds: (a: CedarSet, b: CedarSet) => boolean) {
  return (left: Code, right: Code): Run => {
    return (env) => {
      const a = left.run(env);
      const b = right.run(env);
      return holds(asSet(a), asSet(b));
    };
  };
}
