import { compilePolicies } from "../../../shared/access/policy/index.ts";
import type { PlanStep } from "../../../shared/api/document.ts";
import type { PolicyTestCase } from "../../../shared/api/policies.ts";
import type { SnapshotPolicy } from "../../../shared/registry/snapshot.ts";
import { heldStatements } from "../policy-judge.ts";
import { refuseBulk } from "../policy-source.ts";
import { failuresOf, refuseFailing, remembered } from "../stored-tests.ts";
import type { Building } from "./apply.ts";
import { ComingNetwork } from "./as-it-would-be.ts";

/** A policy that a document publishes, switches or deletes, as it would be after that. */
export interface ComingPolicy {
  readonly name: string;
  /** Empty if the policy would not be in force. */
  readonly statements: readonly SnapshotPolicy[];
  /** Empty if the policy would not be in force. */
  readonly tests: readonly PolicyTestCase[];
}

/**
 * Runs the tests of the policies that a document changes, on the network as it would be after the whole
 * document. Refuses if a test fails. Otherwise returns what the audit log keeps about the tests.
 */
export async function passTests(
  { call, rows, policies }: Building,
  steps: readonly PlanStep[],
): Promise<{ failedTests?: string[] }> {
  const tested = policies.filter(({ tests }) => tests.length > 0);
  if (tested.length === 0) return {};
  const written = tested.map(
    ({ name }) => call.body.document.policies?.find((one) => one.name === name)?.source,
  );
  refuseBulk(
    call,
    tested.map(({ tests }, at) => `${written[at] ?? ""}${JSON.stringify(tests)}`),
  );
  const d1 = call.bindings.db;
  const coming = new ComingNetwork(d1, rows, call.body.document, steps);
  const others = await heldStatements(d1, new Set(policies.map(({ name }) => name)));
  const statements = [...others, ...policies.flatMap((policy) => policy.statements)];
  const tried = { findings: remembered(coming), policies: compilePolicies(statements, coming.registered) };
  const failed: string[] = [];
  for (const { name, tests } of tested) {
    const failures = await failuresOf(tried, tests, call.now);
    const kept = refuseFailing(name, failures, call.body.despiteTests ?? false);
    failed.push(...(kept.failedTests ?? []).map((message) => `${name}: ${message}`));
  }
  return failed.length > 0 ? { failedTests: failed } : {};
}
