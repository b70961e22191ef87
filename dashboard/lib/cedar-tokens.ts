export type TokenKind = "keyword" | "string" | "type" | "variable" | "comment" | "plain";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const KEYWORDS = new Set(
  "permit forbid when unless if then else in has like is true false contains containsAll containsAny".split(
    " ",
  ),
);
const VARIABLES = new Set(["principal", "action", "resource", "context"]);

/** Alternatives in order: comment, string (perhaps unclosed), annotation, slot, entity type, word. */
const PATTERN =
  /(\/\/[^\n]*)|("(?:[^"\\\n]|\\.)*"?)|(@[A-Za-z_]\w*)|(\?(?:principal|resource))|((?:[A-Za-z_]\w*::)+)|([A-Za-z_]\w*)/g;

/** Splits Cedar text for colouring. The texts of the tokens, one after the other, are the source again. */
export function cedarTokens(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (const match of source.matchAll(PATTERN)) {
    if (match.index > at) tokens.push({ kind: "plain", text: source.slice(at, match.index) });
    tokens.push({ kind: kindOf(match), text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < source.length) tokens.push({ kind: "plain", text: source.slice(at) });
  return tokens;
}

function kindOf(match: RegExpExecArray): TokenKind {
  const [word, comment, string, annotation, slot, type] = match;
  if (comment !== undefined) return "comment";
  if (string !== undefined) return "string";
  if (annotation !== undefined) return "keyword";
  if (slot !== undefined) return "variable";
  if (type !== undefined) return "type";
  if (KEYWORDS.has(word)) return "keyword";
  return VARIABLES.has(word) ? "variable" : "plain";
}

/** The offset of a line and column (both from 1, in characters), held inside the text. */
export function offsetOf(source: string, line: number, column: number): number {
  const lines = source.split("\n");
  const before = lines.slice(0, Math.max(line - 1, 0)).reduce((sum, text) => sum + text.length + 1, 0);
  const width = lines[line - 1]?.length ?? 0;
  return Math.max(0, Math.min(before + Math.min(Math.max(column - 1, 0), width), source.length));
}
