import { err, ok, type Result } from "../base/result.ts";
import { describeTextError } from "../base/text-error.ts";
import type { Traffic } from "../node/config/types.ts";
import { type Expression, factsRead } from "./criteria/expression.ts";
import { factOf, type MicrosegmentType } from "./criteria/facts.ts";
import { parseCriterion } from "./criteria/parse.ts";
import type { IsolationLevel, MemberSelector, Microsegment } from "./microsegment.ts";
import { parseSelector, printSelector } from "./selector.ts";
import { parseTraffic, printTraffic } from "./traffic.ts";

/** A microsegment in the form that people write. Empty criteria are none. */
export interface MicrosegmentText {
  readonly type: MicrosegmentType;
  readonly isolation: IsolationLevel;
  readonly where: string;
  readonly unless: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly remediation: readonly string[];
  readonly atMost: readonly string[];
}

type Body = Pick<Microsegment, "where" | "unless" | MemberList | "atMost">;
export const MEMBER_LISTS = ["include", "exclude", "remediation"] as const;
export type MemberList = (typeof MEMBER_LISTS)[number];

export interface MicrosegmentTextError {
  readonly field: keyof MicrosegmentText;
  /** The index of the entry in the field. Null when the field itself is refused. */
  readonly index: number | null;
  /** What is wrong, and what to write instead, in words. */
  readonly detail: string;
}

/** Reads a microsegment. Duplicate entries are kept once. */
export function parseMicrosegment(text: MicrosegmentText): Result<Body, MicrosegmentTextError> {
  const where = readCriterion(text.where, "where");
  if (!where.ok) return where;
  const unless = readCriterion(text.unless, "unless");
  if (!unless.ok) return unless;
  if (where.value && !readsType(where.value, text.type))
    return err({ field: "where", index: null, detail: ofType(text) });
  if (text.remediation.length > 0 && text.isolation !== "quarantine") {
    const detail = `Only a quarantine has remediation hosts, and this is ${text.isolation}. Write a rule instead.`;
    return err({ field: "remediation", index: null, detail });
  }
  const include = readList(text.include, "include");
  if (!include.ok) return include;
  const exclude = readList(text.exclude, "exclude");
  if (!exclude.ok) return exclude;
  const remediation = readList(text.remediation, "remediation");
  if (!remediation.ok) return remediation;
  const atMost = readBound(text.atMost);
  if (!atMost.ok) return atMost;
  return ok({
    where: where.value,
    unless: unless.value,
    include: include.value,
    exclude: exclude.value,
    remediation: remediation.value,
    atMost: atMost.value,
  });
}

function readCriterion(
  text: string,
  field: "where" | "unless",
): Result<Expression | null, MicrosegmentTextError> {
  if (text.trim() === "") return ok(null);
  const parsed = parseCriterion(text);
  return parsed.ok ? parsed : err({ field, index: null, detail: describeTextError(parsed.error) });
}

const readsType = (where: Expression, type: MicrosegmentType): boolean =>
  [...factsRead(where)].some((name) => factOf(name)?.type === type);

const EXAMPLES: Readonly<Record<MicrosegmentType, string>> = {
  user: "user.department",
  device: "device.os",
  application: "app.postgres",
  project: "project.id",
  geographic: "place.country",
};

const ofType = ({ type }: MicrosegmentText): string =>
  `This is a microsegment of the type ${type}, and its criterion reads no fact of that type, such as ${EXAMPLES[type]}. Name another type, or such a fact.`;

function readList(
  entries: readonly string[],
  field: MemberList,
): Result<MemberSelector[], MicrosegmentTextError> {
  const members = new Map<string, MemberSelector>();
  for (const [index, entry] of entries.entries()) {
    const selector = parseSelector(entry, "from");
    if (!selector.ok) return err({ field, index, detail: describeTextError(selector.error) });
    const { kind } = selector.value;
    if (kind !== "node" && kind !== "tag" && kind !== "user") {
      const detail = `${JSON.stringify(entry)} names no nodes here. Write node:NAME, tag:NAME or user:EMAIL.`;
      return err({ field, index, detail });
    }
    members.set(printSelector(selector.value), selector.value);
  }
  return ok([...members.values()]);
}

function readBound(entries: readonly string[]): Result<Traffic[], MicrosegmentTextError> {
  const traffic = new Map<string, Traffic>();
  for (const [index, entry] of entries.entries()) {
    const parsed = parseTraffic(entry);
    if (!parsed.ok) return err({ field: "atMost", index, detail: describeTextError(parsed.error) });
    traffic.set(printTraffic(parsed.value), parsed.value);
  }
  return ok([...traffic.values()]);
}

/** What is saved and works otherwise than its author may think, in words. */
export function warningsOf(text: MicrosegmentText & { readonly acceptsClaims: boolean }): string[] {
  const parsed = parseMicrosegment(text);
  if (!parsed.ok) return [];
  const { where, include } = parsed.value;
  const claims = [...factsRead(where)].filter((name) => name.startsWith("claims."));
  const narrows = text.isolation === "strict" || text.isolation === "quarantine";
  return [
    ...(where === null && include.length === 0
      ? ["It has neither a criterion nor a list of members, so it is empty."]
      : []),
    ...(claims.length > 0 && !text.acceptsClaims && !narrows
      ? [
          `Its criterion reads ${claims.join(", ")}, which nodes claim of themselves. Whom only a claim makes a member, rules that allow don't mean: see acceptsClaims.`,
        ]
      : []),
    ...(narrows && factsRead(where).size > 0
      ? ["A node of which a fact is missing is no member. To have it in, write `or not known FACT`."]
      : []),
  ];
}
