import { err, ok, type Result } from "../base/result.ts";
import { describeTextError, type TextError } from "../base/text-error.ts";
import { parseSelector, printSelector } from "./selector.ts";
import { parseTraffic, printTraffic } from "./traffic.ts";
import type { SegmentRule } from "./types.ts";

/** A rule in the form that people write. */
export interface RuleText {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly traffic: readonly string[];
}

type RuleBody = Pick<SegmentRule, "from" | "to" | "traffic">;

export interface RuleTextError {
  readonly field: keyof RuleText;
  /** The index of the entry in the field. Null when the list itself is refused. */
  readonly index: number | null;
  /** What is wrong, and what to write instead, in words. */
  readonly detail: string;
}

const MAX_ENTRIES = 64;

/** Reads a rule. Duplicate entries are kept once. */
export function parseRule(text: RuleText): Result<RuleBody, RuleTextError> {
  const from = readList(text.from, "from", (entry) => parseSelector(entry, "from"), printSelector);
  if (!from.ok) return from;
  const to = readList(text.to, "to", (entry) => parseSelector(entry, "to"), printSelector);
  if (!to.ok) return to;
  const traffic = readList(text.traffic, "traffic", parseTraffic, printTraffic);
  if (!traffic.ok) return traffic;
  return ok({ from: from.value, to: to.value, traffic: traffic.value });
}

export function printRule(rule: RuleBody): RuleText {
  return {
    from: rule.from.map(printSelector),
    to: rule.to.map(printSelector),
    traffic: rule.traffic.map(printTraffic),
  };
}

function readList<T>(
  entries: readonly string[],
  field: keyof RuleText,
  parse: (entry: string) => Result<T, TextError>,
  print: (value: T) => string,
): Result<T[], RuleTextError> {
  if (entries.length === 0)
    return err({ field, index: null, detail: "The list is empty. Name at least one." });
  if (entries.length > MAX_ENTRIES) {
    return err({ field, index: null, detail: `The list is too long. Name at most ${MAX_ENTRIES}.` });
  }
  const values = new Map<string, T>();
  for (const [index, entry] of entries.entries()) {
    const value = parse(entry);
    if (!value.ok) return err({ field, index, detail: describeTextError(value.error) });
    values.set(print(value.value), value.value);
  }
  return ok([...values.values()]);
}
