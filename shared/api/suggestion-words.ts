import type { Answer } from "./endpoints.ts";

/** What suggestions rest on and leave out, in words, for the command line and the dashboard. */

type Suggestion = Answer<"suggestions.get">;
type LeftOut = Answer<"suggestions.make">["leftOut"];

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

const DAY_MS = 86_400_000;

/** `16 flows of 8 nodes, heard for 10 days`. */
export function basisInWords({ flows, nodes, since, until, segment }: Suggestion["basis"]): string {
  const days = Math.floor((until - since) / DAY_MS);
  const where = segment === null ? "" : ` within ${segment}`;
  return `${flows} flow(s) of ${nodes} node(s)${where}, heard for up to ${days} day(s)`;
}

const REASONS: Readonly<Record<keyof LeftOut, string>> = {
  behindNodes: "begin or end in a network behind a node",
  otherSegments: "begin or end outside of the segment",
  otherProtocols: "have a protocol that no rule can name",
  oneSided: "are reported by one end alone, which is no evidence",
  tooNew: "are of a node that is not heard for long enough",
  tooMany: "are more than are looked at in one go: ask for one segment",
};

/** One sentence for each reason why recorded flows did not count. */
export const leftOutInWords = (leftOut: LeftOut): string[] =>
  (Object.keys(REASONS) as (keyof LeftOut)[]).flatMap((reason) =>
    leftOut[reason] > 0 ? [`${leftOut[reason]} flow(s) did not count: they ${REASONS[reason]}.`] : [],
  );

/** `3 recorded flow(s) of 2 node(s) would be refused`. */
export const breaksInWords = ({ flows, nodes }: Suggestion["breaks"]): string =>
  flows === 0
    ? "No recorded flow would be refused."
    : `${flows} recorded flow(s) of ${nodes} node(s) would be refused.`;

/** `from any to tcp/443`, or that the rule is switched off. */
export const narrowingInWords = ({
  before,
  after,
}: Pick<NonNullable<Suggestion["narrowing"]>, "before" | "after">): string =>
  after.length === 0
    ? `${before.join(", ")}: switched off, since nobody used it`
    : `from ${before.join(", ")} to ${after.join(", ")}`;

/** How members are told: `known app.postgres`, `tag:web`, or the nodes by name. */
export function membershipInWords({
  exists,
  where,
  include,
  exclude,
}: Suggestion["microsegments"][number]): string {
  if (exists) return "is there already";
  const parts = [where, include.join(", ")].filter((part) => part !== "").join(", and ");
  return exclude.length === 0 ? parts : `${parts}, without ${exclude.join(", ")}`;
}
