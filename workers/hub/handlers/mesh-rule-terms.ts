import type { MeshRuleCreate } from "../../../shared/api/mesh.ts";
import type { InputIssue } from "../../../shared/base/errors/catalogue.ts";
import { describeTextError } from "../../../shared/base/text-error.ts";
import type { WeeklyWindows } from "../../../shared/node/config/types.ts";
import type { meshRules } from "../../../shared/registry/mesh-schema.ts";
import { flag, type RowOf } from "../../../shared/registry/rows.ts";
import { parseCriterion } from "../../../shared/segments/criteria/parse.ts";
import { parseWeekly, printWeekly } from "../../../shared/segments/weekly.ts";
import { throwRefusal } from "../../platform/refused.ts";

/** What a rule says beside whom it names and which traffic. */

const TERMS = ["effect", "not_before", "not_after", "weekly", "when_text", "log", "owner"] as const;
type Terms = Pick<RowOf<typeof meshRules>, (typeof TERMS)[number]>;
type TermsInput = Partial<
  Pick<MeshRuleCreate, "effect" | "notBefore" | "notAfter" | "weekly" | "when" | "log" | "owner">
>;

export const NO_TERMS: Terms = {
  effect: "allow",
  not_before: null,
  not_after: null,
  weekly: null,
  when_text: "",
  log: 0,
  owner: null,
};

/** @param before The terms so far. What the input leaves out stays. */
export function columnsOfTerms(input: TermsInput, before: Terms): Terms {
  const { effect, notBefore, notAfter, weekly, when, log, owner } = input;
  const terms: Terms = {
    effect: effect ?? before.effect,
    not_before: notBefore === undefined ? before.not_before : notBefore,
    not_after: notAfter === undefined ? before.not_after : notAfter,
    weekly: weekly === undefined ? before.weekly : weekly === null ? null : storedWeekly(weekly),
    when_text: when === undefined ? before.when_text : storedCondition(when),
    log: log === undefined ? before.log : flag(log),
    owner: owner === undefined ? before.owner : owner,
  };
  if (terms.not_before !== null && terms.not_after !== null && terms.not_before >= terms.not_after)
    return invalidRule({ path: "/notAfter", message: "must be later than notBefore" });
  return terms;
}

function storedWeekly(text: string): string {
  const parsed = parseWeekly(text);
  return parsed.ok
    ? JSON.stringify(parsed.value)
    : invalidRule({ path: "/weekly", message: describeTextError(parsed.error) });
}

function storedCondition(text: string): string {
  const written = text.trim();
  const parsed = written === "" ? null : parseCriterion(written);
  return !parsed || parsed.ok
    ? written
    : invalidRule({ path: "/when", message: describeTextError(parsed.error) });
}

export const invalidRule = (issue: InputIssue): never =>
  throwRefusal("invalid_input", `${issue.path}: ${issue.message}`, { issues: [issue] });

export const viewTerms = (row: Terms) => ({
  effect: row.effect === "allow" ? ("allow" as const) : ("deny" as const),
  notBefore: row.not_before,
  notAfter: row.not_after,
  weekly: row.weekly === null ? null : printWeekly(JSON.parse(row.weekly) as WeeklyWindows),
  when: row.when_text,
  log: row.log === 1,
  owner: row.owner,
});
