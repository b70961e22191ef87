import type { Result } from "../../shared/base/result.ts";
import { describeTextError, type TextError } from "../../shared/base/text-error.ts";
import { parseEntry } from "../../shared/segments/rule.ts";
import { parseSelector } from "../../shared/segments/selector.ts";

export type RuleField = "from" | "to" | "traffic";

/** The entries of a rule's field: one a line, blanks dropped. Commas belong to an entry: `tcp/80,443`. */
export const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** What is wrong with a field as it stands, or undefined. An empty field is refused too. */
export function problemOf(field: RuleField, text: string): string | undefined {
  const parse = (line: string): Result<unknown, TextError> =>
    field === "traffic" ? parseEntry(line) : parseSelector(line, field);
  const lines = linesOf(text);
  if (lines.length === 0) return "Write at least one, each on a line of its own.";
  if (lines.length > 64) return "Write at most 64.";
  for (const line of lines) {
    const entry = parse(line);
    if (!entry.ok) return describeTextError(entry.error);
  }
  return undefined;
}
