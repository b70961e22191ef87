import { nearest } from "../../base/nearest.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { TextError } from "../../base/text-error.ts";
import type { Comparison, Expression, Test } from "./expression.ts";
import { FACT_NAMES, type Fact, factOf, LEVELS } from "./facts.ts";
import { type Token, tokensOf } from "./tokens.ts";
import { isVersion } from "./version.ts";

/**
 * Criteria as text: `user.department == "Finance" and not (claims.osVersion < 12)`. `and` binds closer than `or`, `not`
 * closer than both. What each test means where a fact is missing, `evaluate.ts` says.
 */

const MAX_DEPTH = 20;
const MAX_TESTS = 50;
const MAX_VALUES = 200;
const COMPARISONS: readonly string[] = ["==", "!=", "<", "<=", ">", ">="];
const KEYWORDS: readonly string[] = ["and", "or", "not", "in", "has", "known", "true", "false"];

export function parseCriterion(text: string): Result<Expression, TextError> {
  const tokens = tokensOf(text);
  if (!tokens.ok) return tokens;
  try {
    return ok(new Parser(text, tokens.value).whole());
  } catch (error) {
    if (error instanceof Unreadable) return err(error.reason);
    throw error;
  }
}

/** Leaves the parser at the first fault. `parseCriterion` makes a value of it. */
class Unreadable extends Error {
  readonly reason: TextError;

  constructor(reason: TextError) {
    super(reason.problem);
    this.reason = reason;
  }
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #tests = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#either(0);
    const rest = this.#peek();
    if (rest.kind !== "end")
      throw this.#refused(rest, "nothing may follow here", 'Join tests with "and" or "or"');
    return expression;
  }

  #either(depth: number): Expression {
    return this.#joined("or", () => this.#both(depth));
  }

  #both(depth: number): Expression {
    return this.#joined("and", () => this.#single(depth));
  }

  #joined(kind: "and" | "or", part: () => Expression): Expression {
    const first = part();
    const parts = [first];
    while (this.#takes("word", kind)) parts.push(part());
    return parts.length === 1 ? first : { kind, parts };
  }

  #single(depth: number): Expression {
    const token = this.#peek();
    if (depth > MAX_DEPTH)
      throw this.#refused(token, "the criterion is nested too deeply", "Make it flatter");
    if (this.#takes("word", "not")) return { kind: "not", part: this.#single(depth + 1) };
    if (this.#takes("operator", "(")) {
      const inner = this.#either(depth + 1);
      this.#expect(")", "the parenthesis is not closed");
      return inner;
    }
    this.#tests++;
    if (this.#tests > MAX_TESTS) {
      throw this.#refused(
        token,
        "the criterion has too many tests",
        `Write at most ${MAX_TESTS}, or use "in [...]"`,
      );
    }
    return this.#test();
  }

  #test(): Test {
    const start = this.#peek();
    if (this.#takes("word", "known")) {
      const fact = this.#fact();
      return { kind: "known", fact: fact.name, text: this.#since(start) };
    }
    const fact = this.#fact();
    const token = this.#peek();
    if (this.#takes("word", "has")) return this.#membership(fact, start, token);
    if (this.#takes("word", "in")) return this.#choice(fact, start, token);
    if (token.kind === "operator" && COMPARISONS.includes(token.value)) return this.#comparison(fact, start);
    if (fact.kind === "flag") return { kind: "flag", fact: fact.name, text: this.#since(start) };
    throw this.#refused(token, `${fact.name} is compared with nothing`, formsOf(fact));
  }

  #membership(fact: Fact, start: Token, operator: Token): Test {
    if (fact.kind !== "set") throw this.#refused(operator, `${fact.name} is no set`, formsOf(fact));
    const value = this.#value(fact);
    return { kind: "has", fact: fact.name, value, text: this.#since(start) };
  }

  #choice(fact: Fact, start: Token, operator: Token): Test {
    if (fact.kind !== "text" && fact.kind !== "level") {
      throw this.#refused(operator, `${fact.name} can't be looked up in a list`, formsOf(fact));
    }
    this.#expect("[", "the list is missing");
    const values: string[] = [];
    do {
      const token = this.#peek();
      if (values.length === MAX_VALUES)
        throw this.#refused(token, "the list is too long", `Name at most ${MAX_VALUES}`);
      values.push(this.#value(fact));
    } while (this.#takes("operator", ","));
    this.#expect("]", "the list is not closed");
    return { kind: "in", fact: fact.name, values, text: this.#since(start) };
  }

  #comparison(fact: Fact, start: Token): Test {
    const token = this.#take();
    const operator = token.value as Comparison;
    const isOrder = operator !== "==" && operator !== "!=";
    if (fact.kind === "set" || fact.kind === "flag" || (isOrder && fact.kind === "text")) {
      throw this.#refused(token, `${fact.name} can't be compared by ${operator}`, formsOf(fact));
    }
    const value = this.#value(fact);
    return {
      kind: "compare",
      fact: fact.name,
      factKind: fact.kind,
      operator,
      value,
      text: this.#since(start),
    };
  }

  #fact(): Fact {
    const token = this.#take();
    if (token.kind !== "word" || KEYWORDS.includes(token.value)) {
      throw this.#refused(token, "the name of a fact is missing", "Name one, such as user.department");
    }
    const fact = factOf(token.value);
    if (fact) return fact;
    const near = nearest(token.value, FACT_NAMES);
    const remedy = near
      ? `Write "${near}"`
      : `Name one of ${FACT_NAMES.join(", ")}, app.NAME, or claims.checks.NAME`;
    throw this.#refused(token, `there is no fact ${token.value}`, remedy);
  }

  /** A value that a fact of this kind can have. */
  #value(fact: Fact): string {
    const token = this.#take();
    if (fact.kind === "number") return this.#number(token);
    const isVersionFact = fact.kind === "version";
    if (token.kind !== "text" && !(isVersionFact && token.kind === "version")) {
      const remedy = isVersionFact ? "Write a version such as 12.4" : "Write a text in double quotes";
      throw this.#refused(token, "a value is missing", remedy);
    }
    if (isVersionFact && !isVersion(token.value)) {
      throw this.#refused(token, "this is no version", "Write numbers with dots between them, such as 12.4");
    }
    if (fact.kind === "level" && !LEVELS.some((level) => level === token.value)) {
      throw this.#refused(token, "there is no such level", `Write one of ${LEVELS.join(", ")}`);
    }
    if (fact.words && !fact.words.includes(token.value))
      throw this.#refused(token, `${fact.name} is never this`, `Write one of ${fact.words.join(", ")}`);
    return token.value;
  }

  #number(token: Token): string {
    if (/^\d{1,9}$/.test(token.value)) return String(Number(token.value));
    throw this.#refused(token, "this is no whole number", "Write a number such as 50, without quotes");
  }

  #peek(): Token {
    const token = this.#tokens[this.#next];
    if (!token) throw new Error("the end is never taken");
    return token;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== "end") this.#next++;
    return token;
  }

  #takes(kind: Token["kind"], value: string): boolean {
    const token = this.#peek();
    if (token.kind !== kind || token.value !== value) return false;
    this.#next++;
    return true;
  }

  #expect(value: string, problem: string): void {
    const token = this.#peek();
    if (!this.#takes("operator", value)) throw this.#refused(token, problem, `Write "${value}"`);
  }

  #since(start: Token): string {
    return this.#text.slice(start.at, this.#tokens[this.#next - 1]?.end ?? start.end);
  }

  #refused(token: Token, problem: string, remedy: string): Unreadable {
    return new Unreadable({ text: this.#text, position: token.at + 1, problem, remedy });
  }
}

/** How a fact of this kind is tested. */
function formsOf({ name, kind }: Fact): string {
  switch (kind) {
    case "text":
      return `Write ${name} == "…", ${name} != "…" or ${name} in ["…", "…"]`;
    case "set":
      return `Write ${name} has "…"`;
    case "version":
      return `Write ${name} >= 1.2, or another comparison`;
    case "number":
      return `Write ${name} < 50, or another comparison`;
    case "level":
      return `Write ${name} >= "confidential", or another comparison`;
    case "flag":
      return `Write ${name} alone, or not ${name}`;
  }
}
