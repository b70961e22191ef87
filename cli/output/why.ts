import type { Answer } from "../../shared/api/endpoints.ts";
import { table } from "./table.ts";
import { instant } from "./values.ts";

type Why = Answer<"mesh.why">;
type End = Why["from"];

const endText = ({ name, address }: End): string => (address === null ? name : `${address} behind ${name}`);
const VERDICT = { allowed: "Allowed", denied: "Denied", partly: "Partly allowed" } as const;

/** Why a node reaches another or not, for people. */
export function whyText(data: Why, width: number | null): string {
  const { verdict, passing, stopped, causes, changesAt } = data;
  const parts = [
    `${VERDICT[verdict]}: ${endText(data.from)} → ${endText(data.to)}, at ${instant(data.at)}.\n`,
    verdict === "partly" ? `Passes: ${passing.join(", ")}. Does not: ${stopped.join(", ")}.\n` : "",
    ...causes.map(({ detail, remedy }) => `- ${detail}\n  ${remedy}\n`),
    rulesText(data, width),
    ...data.memberships.map(membershipText),
    `Enforced at ${data.enforcedAt.map(({ name, lets }) => `${name} (lets ${lets} through)`).join(" and ")}.\n`,
    changesAt === null ? "" : `A rule between the two begins or ends at ${instant(changesAt)}.\n`,
  ];
  return parts.join("");
}

function rulesText({ rules }: Why, width: number | null): string {
  if (rules.length === 0) return "";
  const rows = rules.map((rule) => [
    rule.decides ? `${rule.name} *` : rule.name,
    rule.effect,
    rule.from.join(", "),
    rule.to.join(", "),
    rule.traffic.join(", "),
    rule.holds ? "yes" : "no",
  ]);
  const decides = rules.some((rule) => rule.decides) ? "* decides\n" : "";
  return `${table(["rule", "effect", "from", "to", "traffic", "holds"], rows, width, ["rule"])}${decides}`;
}

function membershipText({ name, microsegment, detail, tests }: Why["memberships"][number]): string {
  const lines = tests.map(({ test, value, source, holds }) => {
    const outcome = holds === null ? "can't be said" : holds ? "holds" : "does not hold";
    return `    ${test}: ${outcome} (${value}, stated by ${source})\n`;
  });
  return `  ${name} and ${microsegment}: ${detail}\n${lines.join("")}`;
}
