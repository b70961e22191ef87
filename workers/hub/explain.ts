import type { Reading } from "../../shared/access/assess.ts";
import type { Decision, RequestFacts } from "../../shared/access/policy/request.ts";

/** Explains a decision in words, and finds the policies that it cites. */

interface Explained extends Decision {
  readonly reason?: string;
  readonly facts: RequestFacts;
}

/** The reasons of a decision, in sentences for people. */
export function reasonsOf({ decision, determining, erroring, reason, facts }: Explained): string[] {
  const who = callerName(facts);
  const what = `${facts.action} ${facts.resource.app}${facts.request.path} (${facts.request.method})`;
  const cited = determining.join(", ");
  const sentences: string[] = [];
  if (decision === "allow") sentences.push(`${who} may ${what}: permitted by ${cited}.`);
  else if (determining.length > 0) sentences.push(`${who} may not ${what}: forbidden by ${cited}.`);
  else if (reason !== undefined && reason !== "default_deny" && reason !== "policy") {
    sentences.push(`${who} may not ${what}: ${reason.replaceAll("_", " ")}.`);
  } else sentences.push(`${who} may not ${what}: no policy permits it, and what is not permitted is denied.`);
  for (const { id, message } of erroring) sentences.push(`${id} was skipped because it failed: ${message}.`);
  if (facts.principal.type === "User") {
    const groups = facts.principal.groups.join(", ");
    sentences.push(groups ? `${who} is directly in the groups ${groups}.` : `${who} is in no group.`);
  }
  return sentences;
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
  effect: "permit" | "forbid" | null;
}

/** Finds the policies that contain statements such as `wiki#1` or `wiki#1.2`, in their current version. */
export async function citedPolicies(d1: D1Database, ids: readonly string[]): Promise<CitedPolicy[]> {
  const names = [...new Set(ids.map(policyName))];
  const { results } = await d1
    .prepare(
      `SELECT p.id, p.name, p.current_version AS version, v.compiled FROM policies p
       JOIN policy_versions v ON v.policy_id = p.id AND v.number = p.current_version
       WHERE p.name IN (SELECT value FROM json_each(?))`,
    )
    .bind(JSON.stringify(names))
    .all<{ id: string; name: string; version: number; compiled: string }>();
  return ids.map((id) => {
    const row = results.find(({ name }) => name === policyName(id));
    const statements = row
      ? (JSON.parse(row.compiled) as { id: string; policy: { effect?: "permit" | "forbid" } }[])
      : [];
    const effect = statements.find((statement) => statement.id === id)?.policy.effect ?? null;
    return {
      id,
      policyId: row?.id ?? null,
      policyName: policyName(id),
      version: row?.version ?? null,
      effect,
    };
  });
}

/**
 * After `#` comes the number of the statement. For a link of a template, a dot and the number of the link
 * follow.
 */
const policyName = (id: string): string => id.replace(/#\d+(?:\.\d+)?$/, "");
