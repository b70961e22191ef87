import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import type { InputIssue } from "../../../shared/base/errors/catalogue.ts";
import type { SnapshotPolicy } from "../../../shared/registry/snapshot.ts";
import { unchanged } from "../../registry/guards.ts";
import {
  blankPolicy,
  findVersion,
  IN_FORCE,
  newVersion,
  nextNumber,
  standingOf,
  storePolicy,
  storeVersion,
  testsOf,
  warningsOf,
} from "../handlers/policies.ts";
import type { Building } from "./apply.ts";

/** The warnings about a policy's text, a sentence each. */
export const sentencesOf = (policy: string, issues: readonly InputIssue[]): string[] =>
  issues.map(({ line, column, message }) => `policy ${policy}: line ${line}, column ${column}: ${message}`);

/** Publishes, changes or removes a policy. A new version is made only for another text or other tests. */
export async function applyPolicy(
  { call, rows, guards, statements, coming, warnings, policies }: Building,
  step: PlanStep,
  item: NonNullable<NetworkDocument["policies"]>[number] | undefined,
): Promise<void> {
  const d1 = call.bindings.db;
  const before = rows.policies.find((row) => row.name === step.name);
  if (before) guards.push(unchanged(d1, "policies", before, before.version));
  if (!item) {
    if (before) statements.push(d1.prepare("DELETE FROM policies WHERE id = ?").bind(before.id));
    policies.push({ name: step.name, statements: [], tests: [] });
    return;
  }
  const tests = item.tests ?? (before ? testsOf(before) : []);
  const isNew = before?.source !== item.source || before.tests !== JSON.stringify(tests);
  const number = before ? await nextNumber(d1, before.id) : 1;
  const {
    source: _,
    tests: __,
    ...base
  } = before ?? {
    ...blankPolicy(item.name, IN_FORCE, call.now),
    ...{ version: 0, source: "", tests: "[]" },
  };
  const after = {
    ...base,
    ...standingOf(base, item),
    currentVersion: isNew ? number : base.currentVersion,
    version: base.version + 1,
    updatedAt: call.now,
  };
  statements.push(storePolicy(d1, after, before !== undefined));
  const version = isNew
    ? await newVersion(call, after, number, { source: item.source, note: "applied", tests })
    : await findVersion(d1, after.id, after.currentVersion);
  if (after.enabled)
    policies.push({ name: item.name, statements: JSON.parse(version.compiled) as SnapshotPolicy[], tests });
  else policies.push({ name: item.name, statements: [], tests: [] });
  if (!isNew) return;
  statements.push(storeVersion(d1, version));
  warnings.push(...sentencesOf(item.name, await warningsOf(d1, version, coming)));
}
