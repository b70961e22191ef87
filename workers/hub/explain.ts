import type { Reading } from "../../shared/access/assess.ts";
import { accessInWords } from "../../shared/access/grade/words.ts";
import type { Decision, RequestFacts } from "../../shared/access/policy/request.ts";
import { policyNameOf } from "../../shared/access/policy/statement-id.ts";
import type { DecisionEntry } from "../../shared/audit/types.ts";

/** Explains a decision in words, and finds the policies that it cites. */

interface Explained extends Decision {
  readonly reason?: string;
  readonly shadow?: DecisionEntry["shadow"];
  readonly facts: RequestFacts;
}

/** The reasons of a decision, in sentences for people. */
export function reasonsOf({ decision, determining, erroring, reason, facts, shadow }: Explained): string[] {
  const who = callerName(facts);
  const what = `${facts.action} ${facts.resource.app}${facts.request.path} (${facts.request.method})`;
  const cited = determining.join(", ");
  const sentences: string[] = [];
  if (decision === "allow") sentences.push(`${who} may ${what}: permitted by ${cited}.`);
  else if (determining.length > 0) sentences.push(`${who} may not ${what}: forbidden by ${cited}.`);
  else if (reason !== undefined && reason !== "default_deny" && reason !== "policy") {
    sentences.push(`${who} may not ${what}: ${reason.replaceAll("_", " ")}.`);
  } else sentences.push(`${who} may not ${what}: no policy permits it, and what is not permitted is denied.`);
  if (shadow) sentences.push(shadowInWords(shadow));
  for (const { id, message } of erroring) sentences.push(`${id} was skipped because it failed: ${message}.`);
  if (facts.principal.type === "User") {
    const groups = facts.principal.groups.join(", ");
    sentences.push(groups ? `${who} is directly in the groups ${groups}.` : `${who} is in no group.`);
  }
  return sentences;
}

function shadowInWords({ decision, determining }: NonNullable<DecisionEntry["shadow"]>): string {
  const by = determining.length > 0 ? ` by ${determining.join(", ")}` : "";
  return `With the policies in shadow it would be ${decision === "allow" ? "allowed" : "denied"}${by}.`;
}

/** The reasons of a recorded decision, with what it said besides allow or deny. */
export function reasonsOfEntry({ decision, access, ...entry }: DecisionEntry): string[] {
  const isOverruled = access !== undefined && access.reason === entry.reason;
  // The policies allowed what the grade refused.
  const ofPolicies = reasonsOf({ ...entry, decision: isOverruled ? "allow" : decision });
  return [...ofPolicies, ...(access ? accessInWords(access) : [])];
}

/** What else was judged besides the request line as it was written. Empty if nothing else was judged. */
export function readingsInWords(readings: readonly Reading[]): string[] {
  if (readings.length < 2) return [];
  return readings.map(({ action, path, isAlias, decision: { decision, determining } }) => {
    const what = `${action} ${path}${isAlias ? " (another spelling, which must not be forbidden)" : ""}`;
    return `Judged: ${what}: ${decision}${determining.length > 0 ? ` by ${determining.join(", ")}` : ""}.`;
  });
}

function callerName({ principal }: RequestFacts): string {
  if (principal.type === "User") return principal.email;
  return principal.type === "ServiceToken" ? `The service token ${principal.name}` : "Anyone";
}

export interface CitedPolicy {
  id: string;
  policyId: string | null;
  policyName: string;
  version: number | null;
  currentVersion: number | null;
  effect: "permit" | "forbid" | null;
}

/** A policy, and the version of it that is meant. */
interface Meant {
  readonly name: string;
  readonly id: string;
  readonly version: number;
}

/**
 * Finds the policies that contain statements such as `wiki#1` or `wiki#1.2`.
 *
 * @param decided The record of the decision that cites them: the versions that decided are meant. Without it,
 *   the versions of today are meant.
 */
export async function citedPolicies(
  d1: D1Database,
  ids: readonly string[],
  decided?: Pick<DecisionEntry, "at" | "versions">,
): Promise<CitedPolicy[]> {
  const names = [...new Set(ids.map(policyNameOf))];
  const meant = [...(await namedToday(d1, names)), ...(decided ? await namedThen(d1, names, decided) : [])];
  const byName = new Map(meant.map((one) => [one.name, one]));
  const { results } = await d1
    .prepare(
      `SELECT v.policy_id AS id, v.compiled, p.current_version AS currentVersion FROM json_each(?) m
       JOIN policy_versions v ON v.policy_id = m.value->>0 AND v.number = m.value->>1
       LEFT JOIN policies p ON p.id = v.policy_id`,
    )
    .bind(JSON.stringify([...byName.values()].map(({ id, version }) => [id, version])))
    .all<{ id: string; compiled: string; currentVersion: number | null }>();
  const texts = new Map(results.map((row) => [row.id, row]));
  return ids.map((id) => {
    const policy = byName.get(policyNameOf(id));
    const text = policy && texts.get(policy.id);
    const statements = text
      ? (JSON.parse(text.compiled) as { id: string; policy: { effect?: "permit" | "forbid" } }[])
      : [];
    return {
      ...{ id, policyName: policyNameOf(id), policyId: policy?.id ?? null, version: policy?.version ?? null },
      currentVersion: text?.currentVersion ?? null,
      effect: statements.find((statement) => statement.id === id)?.policy.effect ?? null,
    };
  });
}

async function namedToday(d1: D1Database, names: readonly string[]): Promise<Meant[]> {
  const { results } = await d1
    .prepare(
      "SELECT name, id, current_version AS version FROM policies WHERE name IN (SELECT value FROM json_each(?))",
    )
    .bind(JSON.stringify(names))
    .all<Meant>();
  return results;
}

/** The policies that had these names when the decision was made. The history knows them, since it began. */
async function namedThen(
  d1: D1Database,
  names: readonly string[],
  { at, versions }: Pick<DecisionEntry, "at" | "versions">,
): Promise<Meant[]> {
  const { results } = await d1
    .prepare(
      `SELECT n.value AS name, h.target AS id, json_extract(h.after, '$.currentVersion') AS version
       FROM json_each(?) n JOIN history h ON h.id = (
         SELECT max(id) FROM history WHERE kind = 'policy' AND name = n.value AND after IS NOT NULL AND at <= ?)`,
    )
    .bind(JSON.stringify(names), at)
    .all<Meant>();
  // An isolate may still decide by the version before for a moment, so what it recorded counts.
  return results.map((row) => ({ ...row, version: versions?.[row.name] ?? row.version }));
}
