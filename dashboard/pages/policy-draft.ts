import { useQuery } from "@tanstack/react-query";
import { call } from "../api.ts";
import { useSettled } from "../lib/settled.ts";

/** Checks Cedar text while it is being typed. `valid` is only true for the very text that is shown. */
export function useValidation(source: string) {
  const settled = useSettled(source, 250);
  const check = useQuery({
    queryKey: ["policies.validate", settled],
    queryFn: () => call("policies.validate", { body: { source: settled } }),
    placeholderData: (previous) => previous,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const current = settled === source && !check.isPlaceholderData && check.data !== undefined;
  return {
    issues: [...(check.data?.issues ?? [])].sort(byPlace),
    warnings: [...(check.data?.warnings ?? [])].sort(byPlace),
    forms: current ? check.data.forms : null,
    onlyText: current ? check.data.onlyText : null,
    valid: current && check.data.valid,
    status: statusOf(current, check.isError, check.data),
  };
}

interface Place {
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

const byPlace = (a: Place, b: Place): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

interface Validation {
  readonly valid: boolean;
  readonly statements: number;
  readonly issues: readonly unknown[];
  readonly warnings: readonly unknown[];
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

function statusOf(current: boolean, failed: boolean, result: Validation | undefined): string {
  if (failed) return "The text could not be checked: the server did not answer.";
  if (!current || !result) return "Checking…";
  if (!result.valid) return counted(result.issues.length, "problem");
  const { length } = result.warnings;
  return `Valid: ${counted(result.statements, "statement")}${length > 0 ? `, ${counted(length, "warning")}` : ""}`;
}
