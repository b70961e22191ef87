import type { Plan, PlanStep } from "../../shared/api/document.ts";
import { type DiffLine, lineDiff } from "../../shared/base/line-diff.ts";
import { printable } from "../../shared/base/printable.ts";

const SIGNS = { create: "+", update: "~", delete: "-" } as const;
/** Lines that stay the same are shown this far around those that change. */
const CONTEXT = 2;

/** A plan as a person reads it: each thing with its sign, below it what it gets or what changes in it. */
export function planText({ steps }: Plan): string {
  return steps.length === 0 ? "Nothing to change.\n" : steps.map(stepText).join("");
}

function stepText({ action, kind, name, changes }: PlanStep): string {
  const isNew = action === "create";
  const shown = isNew ? changes.filter(({ field }) => field !== "name" && field !== "email") : changes;
  const lines = shown.flatMap((change) => changeLines(change, isNew));
  return [`${SIGNS[action]} ${kind} ${printable(name)}`, ...lines].map((line) => `${line}\n`).join("");
}

function changeLines({ field, before, after }: PlanStep["changes"][number], isNew: boolean): string[] {
  if (isLong(before) || isLong(after)) {
    const lines = lineDiff(asText(before), asText(after));
    return [`    ${field}:`, ...nearChanges(lines).map((line) => `      ${line}`)];
  }
  return [`    ${field}: ${isNew ? "" : `${value(before)} → `}${value(after)}`];
}

const isLong = (part: unknown): boolean => typeof part === "string" && part.trimEnd().includes("\n");
const asText = (part: unknown): string => (typeof part === "string" ? part : "");
const value = (part: unknown): string => printable(part === undefined ? "(none)" : JSON.stringify(part));

/** What turns one text into another, with a little around it. */
export const diffText = (lines: readonly DiffLine[]): string => nearChanges(lines).join("\n");

/** What changes with a little around it; a gap stands for what does not. */
function nearChanges(lines: readonly DiffLine[]): string[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== " "),
  );
  return lines.flatMap(({ sign, text }, at) => {
    if (isNear[at]) return [`${sign} ${printable(text)}`.trimEnd()];
    return at === 0 || isNear[at - 1] ? ["…"] : [];
  });
}
