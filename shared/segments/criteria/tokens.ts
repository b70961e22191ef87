import { err, ok, type Result } from "../../base/result.ts";
import type { TextError } from "../../base/text-error.ts";

/** A piece of a criterion. `at` counts from 0. */
export interface Token {
  readonly kind: "word" | "text" | "version" | "operator" | "end";
  /** Of a text: what the quotes hold. Of any other token: as it is written. */
  readonly value: string;
  readonly at: number;
  readonly end: number;
}

export const MAX_CRITERION = 2_000;
const MAX_TEXT = 254;

/** Control characters, and marks that hide or reorder text. */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\u115f\u1160\u3164\p{Variation_Selector}]/u;

const PIECES: readonly (readonly [Token["kind"], RegExp])[] = [
  ["word", /[A-Za-z](?:[A-Za-z0-9_.+-]*[A-Za-z0-9_+])?/y],
  ["version", /\d{1,9}(?:\.\d{1,9}){0,5}/y],
  ["operator", /==|!=|<=|>=|[<>()[\],]/y],
];

/** Splits a criterion into tokens. The last one is the end. */
export function tokensOf(text: string): Result<Token[], TextError> {
  const refused = (at: number, problem: string, remedy: string) =>
    err({ text, position: at + 1, problem, remedy });
  if (text.length > MAX_CRITERION) {
    return refused(MAX_CRITERION, "the criterion is too long", `Write at most ${MAX_CRITERION} characters`);
  }
  const tokens: Token[] = [];
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, tokens.at(-1)?.end ?? at)) {
    const read = text[at] === '"' ? readText(text, at) : readPiece(text, at);
    if (!read.ok) return read;
    tokens.push(read.value);
  }
  return ok([...tokens, { kind: "end", value: "", at: text.length, end: text.length }]);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \n\t".includes(text.charAt(at))) at++;
  return at;
}

function readPiece(text: string, at: number): Result<Token, TextError> {
  for (const [kind, pattern] of PIECES) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return ok({ kind, value: found, at, end: at + found.length });
  }
  return err({ text, position: at + 1, ...oddCharacter(text, at) });
}

const MEANT: Readonly<Record<string, string>> = {
  "=": 'Write "==" to compare',
  "&": 'Write "and"',
  "|": 'Write "or"',
  "!": 'Write "not"',
  "'": "Write texts in double quotes",
};

function oddCharacter(text: string, at: number): Pick<TextError, "problem" | "remedy"> {
  const point = text.codePointAt(at) ?? 0;
  const character = String.fromCodePoint(point);
  const named = `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
  if (HIDDEN.test(character))
    return { problem: `the character ${named} can't be seen`, remedy: "Leave it out" };
  if (point > 127) {
    return {
      problem: `the character ${named} is no letter of ASCII, though it may look like one`,
      remedy: "Write the names of facts in plain ASCII, and texts in double quotes",
    };
  }
  return {
    problem: `${JSON.stringify(character)} has no meaning here`,
    remedy: MEANT[character] ?? "Leave it out",
  };
}

/** A text in double quotes. Only `\"` and `\\` are escapes. */
function readText(text: string, at: number): Result<Token, TextError> {
  const refused = (where: number, problem: string, remedy: string) =>
    err({ text, position: where + 1, problem, remedy });
  let value = "";
  for (let next = at + 1, character = ""; next < text.length; next += character.length) {
    character = String.fromCodePoint(text.codePointAt(next) ?? 0);
    if (character === '"') {
      if (value.length > MAX_TEXT) {
        return refused(at, "the text is too long", `Write at most ${MAX_TEXT} characters`);
      }
      if (value !== value.normalize("NFC")) {
        return refused(
          at,
          "the text is spelt with combining marks",
          "Write it in Unicode's composed form (NFC)",
        );
      }
      return ok({ kind: "text", value, at, end: next + 1 });
    }
    if (HIDDEN.test(character)) return refused(next, "this character can't be seen", "Leave it out");
    if (character === "\\") {
      next++;
      character = text.charAt(next);
      if (!'"\\'.includes(character || " ")) {
        return refused(next - 1, "this is no escape", 'Write \\" for a quote and \\\\ for a backslash');
      }
    }
    value += character;
  }
  return refused(at, "the text has no end", 'Close it with "');
}
