/** A token of Cedar's policy text. */
export interface Token {
  readonly text: string;
  /** Where the token begins in the source, in characters. */
  readonly at: number;
}

/**
 * Cedar's own tokens (`grammar.lalrpop`). A comment ends at `\n` or `\r`. White space is Unicode's. In a
 * string, a backslash escapes any character except a line feed. The last alternative matches a character that
 * begins no token.
 */
const TOKEN =
  /\p{White_Space}+|\/\/[^\n\r]*|"(?:\\[^\n]|[^"\\])*"|\?[A-Za-z_][A-Za-z0-9_]*|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|\|\||&&|==|!=|<=|>=|::|[@.,;:(){}[\]<>+\-*/%!=]|[\s\S]/gu;

const ONE_KNOWN = /^[@.,;:(){}[\]<>+\-*/%!=A-Za-z0-9_]$/;

/**
 * The tokens in order, without white space and comments. A character that begins no token is returned as a
 * text of its own.
 */
export function* tokensOf(source: string): Generator<Token> {
  for (const { 0: text, index: at } of source.matchAll(TOKEN)) {
    if (!text.startsWith("//") && !/^\p{White_Space}/u.test(text)) yield { text, at };
  }
}

/** Whether Cedar knows such a token. An unfinished string and an unknown character are not tokens. */
export const isToken = ({ text }: Token): boolean => text.length > 1 || ONE_KNOWN.test(text);

/** One statement of a policy text, unchanged, from its first token to its semicolon. */
export interface Statement extends Token {
  /** Whether the statement contains a slot, such as `?principal`. */
  readonly isTemplate: boolean;
}

/** The statements in order. Tokens after the last semicolon are an unfinished statement. */
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
