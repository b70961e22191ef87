/** A token of Cedar's policy text. */
export interface Token {
  readonly text: string;
  /** Where it begins in the source, in characters. */
  readonly at: number;
}

/**
 * Cedar's own tokens (`grammar.lalrpop`): a comment ends at `\n` or `\r`, white space is Unicode's, a backslash in a text
 * escapes any character but a line feed. The last arm is what no token begins with.
 */
const TOKEN =
  /\p{White_Space}+|\/\/[^\n\r]*|"(?:\\[^\n]|[^"\\])*"|\?[A-Za-z_][A-Za-z0-9_]*|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|\|\||&&|==|!=|<=|>=|::|[@.,;:(){}[\]<>+\-*/%!=]|[\s\S]/gu;

const ONE_KNOWN = /^[@.,;:(){}[\]<>+\-*/%!=A-Za-z0-9_]$/;

/** The tokens in order, without white space and comments. The text of what is no token is one character of it. */
export function* tokensOf(source: string): Generator<Token> {
  for (const { 0: text, index: at } of source.matchAll(TOKEN)) {
    if (!text.startsWith("//") && !/^\p{White_Space}/u.test(text)) yield { text, at };
  }
}

/** Whether Cedar knows such a token; an open text and a foreign character are none. */
export const isToken = ({ text }: Token): boolean => text.length > 1 || ONE_KNOWN.test(text);

/** One statement of a policy text, as it stands there, from its first token to its semicolon. */
export interface Statement extends Token {
  /** With a slot, such as `?principal`. */
  readonly isTemplate: boolean;
}

/** The statements in order. What stands behind the last semicolon is one that is not finished. */
export function statementsOf(source: string): Statement[] {
  const statements: Statement[] = [];
  let start: number | null = null;
  let isTemplate = false;
  for (const { text, at } of tokensOf(source)) {
    start ??= at;
    isTemplate ||= text.startsWith("?");
    if (text !== ";") continue;
    statements.push({ text: source.slice(start, at + 1), at: start, isTemplate });
    [start, isTemplate] = [null, false];
  }
  if (start !== null) statements.push({ text: source.slice(start).trimEnd(), at: start, isTemplate });
  return statements;
}
