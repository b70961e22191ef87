import { isToken, tokensOf } from "./tokens.ts";

/**
 * How intricate a statement may be. Cedar's parser and validator work by recursion inside of WebAssembly, whose stack
 * can't be guarded from outside, and copy the left side of `is … in` and `has a.b`: a text could break the parser or keep
 * it busy for hours. So such texts are refused before it sees them. Alone, 111 brackets or 1,267 operators break version 4.13
 * (`test/unit/access/policy/source-limits.test.ts` stays at each limit).
 */
export const SOURCE_LIMITS = {
  /** Brackets of any kind inside one another. */
  depth: 64,
  /** `!` or `-` in a row. */
  unary: 16,
  /** `if` in one statement. */
  conditions: 32,
  /** Operators and accesses to members in one statement. Long lists belong into sets. */
  operators: 600,
  /** All of these together: a bracket takes as much of the parser's stack as twelve operators. */
  load: 900,
  /** Tokens that Cedar copies while it works on one statement. */
  copies: 5_000,
} as const;

export interface TooIntricate {
  readonly message: string;
  /** Where in the source, in characters. */
  readonly at: number;
}

/** The first place where a statement is more intricate than allowed or is no text of Cedar's, or null. */
export function tooIntricate(source: string): TooIntricate | null {
  let gauge = new Gauge();
  for (const token of tokensOf(source)) {
    if (!isToken(token)) {
      const message =
        token.text === '"'
          ? "begins a text that does not end"
          : `holds ${spelt(token.text)}, which Cedar does not know`;
      return { message, at: token.at };
    }
    const message = gauge.take(token.text);
    if (message !== null) return { message, at: token.at };
    if (token.text === ";") gauge = new Gauge();
  }
  return null;
}

/** A character that can be seen as it is, any other by its number: a byte order mark, say. */
function spelt(character: string): string {
  if (/^[\x21-\x7e]$/.test(character)) return character;
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

const WORDS = new Set(["in", "has", "like", "is", "then", "else"]);
const OPERATORS = new Set(["||", "&&", "==", "!=", "<=", ">=", "<", ">", "=", "+", "*", "-", "/", "%", "."]);
/** Behind these begins an operand of `is` and `has`. */
const BOUNDS = new Set(["||", "&&", "==", "!=", "<=", ">=", "<", ">", ",", ":", "if", "then", "else", "in"]);

/** What stands between two brackets so far, in tokens as Cedar works on them. */
interface Level {
  weight: number;
  /** The operand that `is` or `has` would copy. */
  operand: number;
  /** The operand that each further name behind `has` copies once more; 0 elsewhere. */
  path: number;
}

/** Measures one statement, token by token. */
class Gauge {
  readonly #levels: Level[] = [{ weight: 0, operand: 0, path: 0 }];
  #signs = 0;
  #conditions = 0;
  #operators = 0;
  #copies = 0;
  #previous = "";

  /** Says what is too much with this token, or null. */
  take(token: string): string | null {
    this.#signs = token === "!" || token === "-" ? this.#signs + 1 : 0;
    if (token === "if") this.#conditions++;
    if (OPERATORS.has(token) || WORDS.has(token) || this.#isAccess(token)) this.#operators++;
    this.#weigh(token);
    this.#previous = token;
    return this.#fault();
  }

  /** An index or a call of what is no name: one more access to what stands before it. */
  #isAccess(token: string): boolean {
    if (token !== "[" && token !== "(") return false;
    const isBehindOperand = /[\w)\]}"]$/.test(this.#previous) && !WORDS.has(this.#previous);
    return isBehindOperand && (token === "[" || !/\w$/.test(this.#previous));
  }

  #weigh(token: string): void {
    if (")]}".includes(token)) {
      this.#close();
      return;
    }
    const level = this.#innermost();
    if ("([{".includes(token)) this.#levels.push({ weight: 0, operand: 0, path: 0 });
    else if (token === "is") this.#copy(level, level.operand);
    else if (token === "has") level.path = level.operand + 1;
    else if (token === "." && level.path > 0) this.#copy(level, level.path++);
    else if (BOUNDS.has(token)) [level.operand, level.path] = [0, 0];
    this.#add(this.#innermost(), 1);
  }

  #close(): void {
    const level = this.#innermost();
    if (this.#levels.length > 1) this.#levels.pop();
    this.#add(this.#innermost(), level.weight + 1);
  }

  #innermost(): Level {
    return this.#levels.at(-1) ?? { weight: 0, operand: 0, path: 0 };
  }

  #copy(level: Level, weight: number): void {
    this.#copies += weight;
    this.#add(level, weight);
  }

  #add(level: Level, weight: number): void {
    level.weight += weight;
    level.operand += weight;
  }

  #fault(): string | null {
    const { depth, unary, conditions, operators, load, copies } = SOURCE_LIMITS;
    const deep = this.#levels.length - 1;
    if (deep > depth) return `is nested deeper than ${depth} brackets`;
    if (this.#signs > unary) return `has more than ${unary} signs in a row`;
    if (this.#conditions > conditions)
      return `has more than ${conditions} conditions in one statement; write several statements`;
    if (this.#operators > operators)
      return `has more than ${operators} operators in one statement; write several, or use a set`;
    if (12 * deep + 2 * this.#conditions + this.#operators + this.#signs > load)
      return "is nested too deep for its many operators; write several statements";
    return this.#copies > copies
      ? "nests `is` or `has` inside of the left side of another one; write several conditions"
      : null;
  }
}
