/** The Cedar expressions that forms use, in Cedar's JSON format, and functions that print them as text. */

export type Expression = { readonly [operator: string]: unknown };
interface Sides {
  readonly left: Expression;
  readonly right: Expression;
}

export const value = (of: string | number): Expression => ({ Value: of });
export const entity = (type: string, id: string): Expression => ({ Value: { __entity: { type, id } } });
export const set = (items: readonly Expression[]): Expression => ({ Set: items });
/** `context.network.ip`, or only a variable. */
export const path = (dotted: string): Expression => {
  const [variable, ...attributes] = dotted.split(".");
  return attributes.reduce<Expression>((left, attr) => ({ ".": { left, attr } }), { Var: variable });
};
export const has = (dotted: string, attr: string): Expression => ({ has: { left: path(dotted), attr } });
export const not = (arg: Expression): Expression => ({ "!": { arg } });
export const binary = (operator: string, left: Expression, right: Expression): Expression => ({
  [operator]: { left, right },
});
export const isInRange = (address: Expression, range: string): Expression => ({
  isInRange: [address, { ip: [value(range)] }],
});
/** A pattern that matches any text with this beginning. */
export const beginsWith = (left: Expression, text: string): Expression => ({
  like: { left, pattern: [...[...text].map((character) => ({ Literal: character })), "Wildcard"] },
});

/** Joins from the left, as Cedar reads chains. There must be at least one item. */
export const all = (items: readonly Expression[]): Expression => joined("&&", items);
export const any = (items: readonly Expression[]): Expression => joined("||", items);
const joined = (operator: string, items: readonly Expression[]): Expression =>
  items.reduce((left, right) => binary(operator, left, right));

/** A string in Cedar's syntax. Characters that can't stand in a string are escaped. */
export const quote = (text: string): string =>
  `"${text.replace(/["\\]/g, "\\$&").replace(/\p{C}/gu, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`)}"`;

const METHODS = new Set(["contains", "containsAny"]);

/** The Cedar text of an expression that the functions above made. */
export function print(expression: Expression): string {
  const [operator = "", operand] = Object.entries(expression)[0] ?? [];
  switch (operator) {
    case "Var":
      return String(operand);
    case "Value":
      return printValue(operand);
    case "Set":
      return `[${(operand as readonly Expression[]).map(print).join(", ")}]`;
    case ".":
    case "has": {
      const { left, attr } = operand as { left: Expression; attr: string };
      return operator === "." ? `${print(left)}.${attr}` : `${print(left)} has ${attr}`;
    }
    case "!":
      return `!${print((operand as { arg: Expression }).arg)}`;
    case "ip":
      return `ip(${print((operand as readonly Expression[])[0] ?? {})})`;
    case "isInRange": {
      const [address = {}, range = {}] = operand as readonly Expression[];
      return `${print(address)}.isInRange(${print(range)})`;
    }
    case "like": {
      const { left, pattern } = operand as { left: Expression; pattern: readonly unknown[] };
      return `${print(left)} like ${printPattern(pattern)}`;
    }
  }
  const { left, right } = operand as Sides;
  if (METHODS.has(operator)) return `${print(left)}.${operator}(${print(right)})`;
  return `${nested(left, operator)} ${operator} ${nested(right, "")}`;
}

/** Adds brackets, except to a chain of the same operator, because Cedar reads such a chain from the left. */
function nested(expression: Expression, chain: string): string {
  const [operator = ""] = Object.keys(expression);
  const isJoined = operator === "&&" || operator === "||";
  return isJoined && operator !== chain ? `(${print(expression)})` : print(expression);
}

function printValue(operand: unknown): string {
  if (typeof operand === "number") return String(operand);
  if (typeof operand === "string") return quote(operand);
  const { type, id } = (operand as { __entity: { type: string; id: string } }).__entity;
  return `${type}::${quote(id)}`;
}

function printPattern(pattern: readonly unknown[]): string {
  const parts = pattern.map((part) => {
    if (part === "Wildcard") return "*";
    const character = (part as { Literal: string }).Literal;
    return character === "*" ? "\\*" : quote(character).slice(1, -1);
  });
  return `"${parts.join("")}"`;
}
