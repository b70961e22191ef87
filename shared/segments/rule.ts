import { err, ok, type Result } from "../base/result.ts";
import { describeTextError, type TextError } from "../base/text-error.ts";
import type { Traffic } from "../node/config/types.ts";
import { parseSelector, printSelector } from "./selector.ts";
import { isServiceName, SERVICE, SERVICE_TRAFFIC } from "./service.ts";
import { parseTraffic, printTraffic } from "./traffic.ts";
import type { SegmentRule } from "./types.ts";

/** A rule in the form that people write. Services stand among its traffic: `service:NAME`. */
export interface RuleText {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly traffic: readonly string[];
}

export interface RuleBody extends Pick<SegmentRule, "from" | "to" | "traffic"> {
  /** Names of services in a text, and ids where the rule is stored. Their traffic comes to the rule's own. */
  readonly services: readonly string[];
}

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
  const entries = readList(text.traffic, "traffic", parseEntry, printEntry);
  if (!entries.ok) return entries;
  const traffic = entries.value.filter((entry) => typeof entry !== "string");
  const services = entries.value.filter((entry) => typeof entry === "string");
  if (traffic.length + services.length * SERVICE_TRAFFIC > MAX_ENTRIES) {
    const detail = `This is too much traffic. A service counts as ${SERVICE_TRAFFIC} entries, and ${MAX_ENTRIES} is the most: write a second rule.`;
    return err({ field: "traffic", index: null, detail });
  }
  return ok({ from: from.value, to: to.value, traffic, services });
}

export function printRule(rule: RuleBody): RuleText {
  return {
    from: rule.from.map(printSelector),
    to: rule.to.map(printSelector),
    traffic: [...rule.services, ...rule.traffic].map(printEntry),
  };
}

/** Traffic, or the name of a service. */
export type Entry = Traffic | string;

/** Reads one entry of a rule's traffic. */
export function parseEntry(text: string): Result<Entry, TextError> {
  if (!text.startsWith(SERVICE)) return parseTraffic(text);
  const name = text.slice(SERVICE.length);
  if (isServiceName(name)) return ok(name);
  const remedy =
    "Write service: and 1 to 63 lower-case letters from a to z, digits, dots, hyphens and underscores";
  return err({ text, position: SERVICE.length + 1, problem: "this is no service's name", remedy });
}

/** The entry as people write it. */
export const printEntry = (entry: Entry): string =>
  typeof entry === "string" ? `${SERVICE}${entry}` : printTraffic(entry);

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
