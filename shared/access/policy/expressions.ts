import { compileAttribute, compileHas, compileTag, compileVariable } from "./access.ts";
import { type Code, constant, foldable } from "./code.ts";
import type { Place } from "./errors.ts";
import { asEntityType, asList, asObject, asText, fields, type Json } from "./json.ts";
import { callOf, compileLiteral, recordOf, setOf } from "./literal.ts";
import { compileIn, compileIs } from "./membership.ts";
import { BINARY_OPERATORS, UNARY_OPERATORS } from "./operators.ts";
import { compilePattern, type PatternElement } from "./pattern.ts";
import { asBool, asString } from "./values.ts";

type Compile = (operand: unknown, place: Place) => Code;

/**
 * Compiles one expression of Cedar's JSON policy format.
 *
 * @throws CompileError At an expression that it doesn't know.
 */
export function compileExpression(json: unknown, place: Place): Code {
  const entries = Object.entries(asObject(json, place));
  const [entry] = entries;
  if (!entry || entries.length !== 1) return place.refuse("must be an object with one operator");
  const [operator, operand] = entry;
  const inner = place.at(operator);
  const special = SPECIAL_FORMS.get(operator);
  if (special) return special(operand, inner);
  const binary = BINARY_OPERATORS.get(operator);
  if (binary) {
    const [left, right] = operands(operand, inner);
    return foldable([left, right], binary(left, right));
  }
  const unary = UNARY_OPERATORS.get(operator);
  if (unary) {
    const arg = compileExpression(fields(operand, inner, ["arg"]).arg, inner.at("arg"));
    return foldable([arg], (env) => unary(arg.run(env)));
  }
  if (!Array.isArray(operand)) return inner.refuse(`${operator} is not a known operator or function`);
  return callOf(operator, compileAll(operand, inner), inner);
}

const SPECIAL_FORMS: ReadonlyMap<string, Compile> = new Map<string, Compile>([
  ["Value", compileLiteral],
  ["Var", compileVariable],
  ["Slot", (_, place) => place.refuse("is a template slot, which must be linked first")],
  ["&&", (operand, place) => compileChain("&&", operand, place)],
  ["||", (operand, place) => compileChain("||", operand, place)],
  ["if-then-else", compileIf],
  ["in", (operand, place) => compileIn(...operands(operand, place))],
  ["is", compileIsExpression],
  ["like", compileLike],
  ["has", compileHasExpression],
  [".", compileAttributeExpression],
  ["getTag", (operand, place) => compileTag("getTag", ...operands(operand, place))],
  ["hasTag", (operand, place) => compileTag("hasTag", ...operands(operand, place))],
  ["Set", (operand, place) => setOf(compileAll(asList(operand, place), place))],
  ["Record", compileRecord],
]);

function operands(json: unknown, place: Place): [Code, Code] {
  const { left, right } = fields(json, place, ["left", "right"]);
  return [compileExpression(left, place.at("left")), compileExpression(right, place.at("right"))];
}

function leftOf(json: Json, place: Place): Code {
  return compileExpression(json.left, place.at("left"));
}

function compileAll(list: readonly unknown[], place: Place): Code[] {
  return list.map((element, i) => compileExpression(element, place.at(i)));
}

/**
 * The JSON of a chain is nested to the left, and a chain may be long. So a chain is compiled to a flat list,
 * not to nested code.
 */
function compileChain(operator: "&&" | "||", json: unknown, place: Place): Code {
  const parts: Code[] = [];
  let rest = fields(json, place, ["left", "right"]);
  for (;;) {
    parts.push(compileExpression(rest.right, place.at("right")));
    const { left } = rest;
    if (typeof left !== "object" || left === null || !Object.hasOwn(left, operator)) break;
    rest = fields((left as Json)[operator], place.at("left", operator), ["left", "right"]);
  }
  parts.push(compileExpression(rest.left, place.at("left")));
  parts.reverse();
  const decisive = operator === "||";
  return {
    run: (env) => {
      for (const part of parts) {
        if (asBool(part.run(env)) === decisive) return decisive;
      }
      return !decisive;
    },
  };
}

function compileIf(json: unknown, place: Place): Code {
  const branch = fields(json, place, ["if", "then", "else"]);
  const test = compileExpression(branch.if, place.at("if"));
  const yes = compileExpression(branch.then, place.at("then"));
  const no = compileExpression(branch.else, place.at("else"));
  return { run: (env) => (asBool(test.run(env)) ? yes : no).run(env) };
}

function compileIsExpression(json: unknown, place: Place): Code {
  const test = fields(json, place, ["left", "entity_type", "in?"]);
  const type = asEntityType(test.entity_type, place.at("entity_type"));
  const within = Object.hasOwn(test, "in") ? compileExpression(test.in, place.at("in")) : null;
  return compileIs(leftOf(test, place), type, within);
}

function compileLike(json: unknown, place: Place): Code {
  const test = fields(json, place, ["left", "pattern"]);
  const left = leftOf(test, place);
  const elements = asList(test.pattern, place.at("pattern")).map((element, i): PatternElement => {
    if (element === "Wildcard") return element;
    const inner = place.at("pattern", i);
    return { Literal: asText(fields(element, inner, ["Literal"]).Literal, inner) };
  });
  const matches = compilePattern(elements);
  return foldable([left], (env) => matches(asString(left.run(env))));
}

function compileHasExpression(json: unknown, place: Place): Code {
  const test = fields(json, place, ["left", "attr"]);
  const path = Array.isArray(test.attr) ? test.attr : [test.attr];
  if (path.length === 0) place.at("attr").refuse("is empty");
  const names = path.map((name) => asText(name, place.at("attr")));
  return compileHas(leftOf(test, place), names);
}

function compileAttributeExpression(json: unknown, place: Place): Code {
  const access = fields(json, place, ["left", "attr"]);
  return compileAttribute(leftOf(access, place), asText(access.attr, place.at("attr")));
}

function compileRecord(json: unknown, place: Place): Code {
  const entries = Object.entries(asObject(json, place));
  if (entries.length === 0) return constant(new Map());
  return recordOf(entries.map(([name, field]) => [name, compileExpression(field, place.at(name))]));
}
