/**
 * How intricate a statement may be. Cedar's parser works by recursion inside of WebAssembly, whose stack can't be
 * guarded from outside: a text that overflows it breaks the parser for everybody who comes after. So such texts are
 * refused before it sees them.
 */
export const SOURCE_LIMITS = {
  /** Brackets of any kind inside one another. */
  depth: 64,
  /** `!` or `-` in a row. */
  unary: 16,
  /** `if` in one statement. */
  conditions: 32,
  /** Operators and member accesses in one statement. Long lists belong into sets. */
  operators: 600,
} as const;

export interface TooIntricate {
  readonly message: string;
  /** Where in the source, in characters. */
  readonly at: number;
}

/** Strings and comments first, so that nothing inside of them counts. A string that never ends takes all. */
const TOKEN =
  /"(?:\\[\s\S]|[^"\\])*(?:"|\\?$)|\/\/[^\n]*|[A-Za-z_]\w*|\|\||&&|==|!=|<=|>=|::|[()[\]{};!<>+*.-]/g;
const WORDS = new Set(["in", "has", "like", "is"]);
const OPERATORS = new Set(["||", "&&", "==", "!=", "<=", ">=", "<", ">", "+", "*", "-", "."]);

/** The first place where a statement is more intricate than allowed, or null. */
export function tooIntricate(source: string): TooIntricate | null {
  let [depth, unary, conditions, operators] = [0, 0, 0, 0];
  for (const { 0: token, index: at } of source.matchAll(TOKEN)) {
    unary = token === "!" || token === "-" ? unary + 1 : 0;
    if ("([{".includes(token)) depth++;
    else if (")]}".includes(token)) depth--;
    else if (token === "if") conditions++;
    else if (OPERATORS.has(token) || WORDS.has(token)) operators++;
    else if (token === ";") [conditions, operators] = [0, 0];
    const message = fault(depth, unary, conditions, operators);
    if (message !== null) return { message, at };
  }
  return null;
}

function fault(depth: number, unary: number, conditions: number, operators: number): string | null {
  if (depth > SOURCE_LIMITS.depth) return `is nested deeper than ${SOURCE_LIMITS.depth} brackets`;
  if (unary > SOURCE_LIMITS.unary) return `has more than ${SOURCE_LIMITS.unary} signs in a row`;
  if (conditions > SOURCE_LIMITS.conditions)
    return `has more than ${SOURCE_LIMITS.conditions} conditions in one statement; write several statements`;
  return operators > SOURCE_LIMITS.operators
    ? `has more than ${SOURCE_LIMITS.operators} operators in one statement; write several, or use a set`
    : null;
}
