import { isToken, tokensOf } from "./tokens.ts";

/**
 * The limits on how complex a statement may be. Cedar's parser and validator use recursion inside
 * WebAssembly, whose stack can't be protected from outside. They also copy the left side of `is … in` and
 * `has a.b`. So a text could crash the parser or keep it busy for hours. Such texts are refused before the
 * parser gets them. 111 brackets alone or 1,267 operators alone break version 4.13
 * (`test/unit/access/policy/source-limits.test.ts` tests each limit).
 */
export const SOURCE_LIMITS = {
  /** The nesting depth of brackets of any kind. */
  depth: 64,
  /** How many `!` or `-` may follow each other. */
  unary: 16,
  /** How many `if` one statement may contain. */
  conditions: 32,
  /** Operators and member accesses in one statement. Authors should use sets for long lists. */
  operators: 600,
  /** All of these together. A bracket uses as much of the parser's stack as twelve operators. */
  load: 900,
  /** The tokens that Cedar copies while it works on one statement. */
  copies: 5_000,
} as const;

export interface TooIntricate {
  readonly message: string;
  /** The place in the source, in characters. */
  readonly at: number;
}

/** The first place where a statement is too complex or is not Cedar text. Null if there is none. */
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

/** A visible character as it is. Any other character, such as a byte order mark, by its number. */
function spelt(character: string): string {
  if (/^[\x21-\x7e]$/.test(character)) return character;
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

const WORDS = new Set(["in", "has", "like", "is", "then", "else"]);
const OPERATORS = new Set(["||", "&&", "==", "!=", "<=", ">=", "<", ">", "=", "+", "*", "-", "/", "%", "."]);
/** An operand of `is` or `has` begins after one of these tokens. */
const BOUNDS = new Set(["||", "&&", "==", "!=", "<=", ">=", "<", ">", ",", ":", "if", "then", "else", "in"]);

/** The tokens between two brackets so far, counted as Cedar works on them. */
interface Level {
  weight: number;
  /** The size of the operand that `is` or `has` would copy. */
  operand: number;
  /** The size of the operand that each further name after `has` copies again. 0 at other places. */
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

  /** What becomes too much with this token, in words. Null if nothing does. */
  take(token: string): string | null {
    this.#signs = token === "!" || token === "-" ? this.#signs + 1 : 0;
    if (token === "if") this.#conditions++;
    if (OPERATORS.has(token) || WORDS.has(token) || this.#isAccess(token)) this.#operators++;
    this.#weigh(token);
    this.#previous = token;
    return this.#fault();
  }

  /**
   * An index, or a call on something that is not a name. Both count as one more access to the expression
   * before them.
   */
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
