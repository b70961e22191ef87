import { type Code, constant, foldable } from "./code.ts";
import type { Place } from "./errors.ts";
import { EXTENSION_FUNCTIONS } from "./extensions/functions.ts";
import { asList, asObject, asText, asUid, fields } from "./json.ts";
import { toLong } from "./long.ts";
import { CedarSet, type Value } from "./values.ts";

/** Compiles a value in Cedar's JSON form: literals, `__entity`, `__extn`, lists and records. */
export function compileLiteral(json: unknown, place: Place): Code {
  if (typeof json === "boolean" || typeof json === "string") return constant(json);
  if (typeof json === "number") return constant(exactNumber(json, place));
  if (typeof json === "bigint") return constant(toLong(json) ?? place.refuse("does not fit in 64 bits"));
  if (Array.isArray(json)) return setOf(json.map((element, i) => compileLiteral(element, place.at(i))));
  const object = asObject(json, place);
  if (Object.hasOwn(object, "__entity")) return constant(asUid(object, place));
  if (Object.hasOwn(object, "__extn")) {
    return compileExtension(fields(object, place, ["__extn"]).__extn, place.at("__extn"));
  }
  if (Object.hasOwn(object, "__expr")) place.refuse("__expr is not supported");
  return recordOf(
    Object.entries(object).map(([name, field]) => [name, compileLiteral(field, place.at(name))]),
  );
}

/** JSON numbers are read as doubles. A number that may have been rounded is refused. */
function exactNumber(value: number, place: Place): number {
  if (Number.isSafeInteger(value)) return value;
  return place.refuse(
    "must be a whole number between -9007199254740991 and 9007199254740991: write larger ones as a product",
  );
}

function compileExtension(json: unknown, place: Place): Code {
  const call = fields(json, place, ["fn", "arg?", "args?"]);
  if (Object.hasOwn(call, "arg") === Object.hasOwn(call, "args")) place.refuse("must have arg or args");
  const args = Object.hasOwn(call, "arg") ? [call.arg] : asList(call.args, place.at("args"));
  const name = asText(call.fn, place.at("fn"));
  return callOf(
    name,
    args.map((arg, i) => compileLiteral(arg, place.at(i))),
    place,
  );
}

export function setOf(elements: readonly Code[]): Code {
  return foldable(elements, (env) => new CedarSet(elements.map((element) => element.run(env))));
}

export function recordOf(entries: readonly (readonly [string, Code])[]): Code {
  return foldable(
    entries.map(([, field]) => field),
    (env) => new Map(entries.map(([name, field]): [string, Value] => [name, field.run(env)])),
  );
}

/** A call of an extension function. An unknown name or a wrong number of arguments is refused. */
export function callOf(name: string, args: readonly Code[], place: Place): Code {
  const called = EXTENSION_FUNCTIONS.get(name) ?? place.refuse(`${name} is not a known operator or function`);
  const [first, second] = args;
  if (args.length !== called.arity || !first) {
    return place.refuse(`${name} takes ${called.arity} argument(s), got ${args.length}`);
  }
  return foldable(args, (env) => {
    const argument = first.run(env);
    return called.apply(argument, second ? second.run(env) : argument);
  });
}
