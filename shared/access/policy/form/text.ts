import { type Expression, print, quote } from "./expressions.ts";
import type { PolicyForm } from "./model.ts";
import { type Clause, type Scope, statementOf } from "./statement.ts";

/** The Cedar text of statements. Each statement has a head of three lines, and a comment at each condition. */
export const textOf = (forms: readonly PolicyForm[]): string => forms.map(statementText).join("\n");

function statementText(form: PolicyForm): string {
  const { effect, principal, action, resource, about, limits } = statementOf(form);
  const head = [
    scopeText("principal", principal),
    scopeText("action", action),
    scopeText("resource", resource),
  ].map((line) => `  ${line}`);
  const clauses =
    effect === "permit"
      ? clauseText("when", [...about, ...limits])
      : clauseText("when", about) + clauseText("unless", limits);
  return `${effect} (\n${head.join(",\n")}\n)${clauses};\n`;
}

function scopeText(variable: string, scope: Scope): string {
  if (scope.op === "All") return variable;
  if (scope.op === "is") return `${variable} is ${scope.entity_type}`;
  const uid = ({ type, id }: { type: string; id: string }) => `${type}::${quote(id)}`;
  const of = "entity" in scope ? uid(scope.entity) : `[${scope.entities.map(uid).join(", ")}]`;
  return `${variable} ${scope.op} ${of}`;
}

function clauseText(kind: "when" | "unless", clauses: readonly Clause[]): string {
  if (clauses.length === 0) return "";
  const lines = clauses.map(({ says, expression }, at) => {
    const text = clauses.length > 1 ? bracketed(expression) : print(expression);
    return `  // ${says}\n  ${text}${at < clauses.length - 1 ? " &&" : ""}\n`;
  });
  return `\n${kind} {\n${lines.join("")}}`;
}

const bracketed = (expression: Expression): string =>
  "&&" in expression || "||" in expression ? `(${print(expression)})` : print(expression);
