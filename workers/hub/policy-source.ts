import type { InputIssue } from "../../shared/errors/catalogue.ts";
import type { SnapshotPolicy } from "../../shared/registry/snapshot.ts";
import { refuse } from "./refused.ts";

/** Cedar's own parser is large: it is loaded when somebody writes a policy, never on the gateway's path. */
async function parse(source: string, name: string) {
  const { parsePolicies } = await import("./cedar.ts");
  return parsePolicies(source, name);
}

/** The statements of a policy as they are stored. Refuses text that is not valid, with line and column. */
export async function compileSource(source: string, name: string): Promise<readonly SnapshotPolicy[]> {
  const parsed = await parse(source, name);
  if (parsed.ok) return parsed.value;
  const first = parsed.error[0];
  const where = first?.line === undefined ? "" : `line ${first.line}, column ${first.column ?? 1}: `;
  return refuse("policy_invalid", `${name}: ${where}${first?.message ?? "not valid"}`, {
    issues: parsed.error,
  });
}

/** The same as a report, for text that is still being written. */
export async function findIssues(source: string, name: string) {
  const parsed = await parse(source, name);
  const issues: InputIssue[] = parsed.ok ? [] : [...parsed.error];
  return { valid: parsed.ok, statements: parsed.ok ? parsed.value.length : 0, issues };
}
