import { printable } from "../../shared/base/printable.ts";
import type { Failure } from "../failure.ts";

/** A failure as a person reads it: what, why, where, and what to do next. */
export function failureText(failure: Failure): string {
  const code = failure.code ? ` [${failure.code}]` : "";
  const lines = [`error: ${printable(failure.title)}${code}`];
  if (failure.detail) lines.push(...failure.detail.split("\n").map((line) => `  ${printable(line)}`));
  for (const issue of failure.issues) {
    const text = `${place(issue)}${printable(issue.message)}`;
    // A hub puts the first issue into its sentence.
    if (!printable(failure.detail).includes(text)) lines.push(`  ${text}`);
  }
  if (failure.hint) lines.push(printable(failure.hint));
  return `${lines.join("\n")}\n`;
}

/** What is valid and yet looks wrong, with its place in the file. */
export const warningText = (issue: Failure["issues"][number], file: string): string =>
  `warning: ${place({ ...issue, path: file })}${printable(issue.message)}`;

function place(issue: Failure["issues"][number]): string {
  const position = issue.line === undefined ? "" : `${issue.line}:${issue.column ?? 1}`;
  const where = [printable(issue.path), position].filter(Boolean).join(":");
  return where ? `${where}: ` : "";
}
