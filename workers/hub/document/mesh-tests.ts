import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import { REVISION } from "../../../shared/registry/mesh-change.ts";
import type { MeshTestRow } from "../../../shared/registry/mesh-test-rows.ts";
import type { MicrosegmentRow } from "../../../shared/registry/microsegment-rows.ts";
import type { ServiceRow } from "../../../shared/registry/node-rows.ts";
import type { ComingNode } from "../../mesh/coming-network.ts";
import { guard, unchanged } from "../../registry/guards.ts";
import type { RuleRow } from "../handlers/mesh-rules.ts";
import { columnsOfTest, dropTest, newTest, refuseMoreTests, storeTest } from "../handlers/mesh-tests.ts";
import { overlayIn } from "../handlers/selectors.ts";
import { comingTests, fails, issueOf, ranTests, refuseFailing } from "../mesh-tests.ts";
import type { Building } from "./apply.ts";

/** What the steps of a document change of the mesh: the new rows by their ids, null for one that is deleted. */
export interface ComingMeshParts {
  readonly rules: Map<string, RuleRow | null>;
  readonly microsegments: Map<string, MicrosegmentRow | null>;
  readonly services: Map<string, ServiceRow>;
  readonly nodes: Map<string, ComingNode>;
  readonly segments: Map<string, string>;
  readonly tests: Map<string, MeshTestRow | null>;
}

export async function applyTest(
  { call, rows, names, guards, statements, mesh }: Building,
  step: PlanStep,
  item: NonNullable<NetworkDocument["meshTests"]>[number] | undefined,
): Promise<void> {
  const { db } = call.bindings;
  const before = rows.meshTests.find((row) => row.name === step.name);
  if (before) guards.push(unchanged(db, "mesh_tests", before, before.version));
  if (!item) {
    if (!before) return;
    mesh.tests.set(before.id, null);
    statements.push(dropTest(db, before.id));
    return;
  }
  if (!before) refuseMoreTests(call.body.document.meshTests?.length ?? 0);
  const user = (email: string) => names.user(email) && email;
  const text = { from: item.from, accept: item.accept ?? [], deny: item.deny ?? [] };
  const columns = await columnsOfTest(
    {
      segment: names.anySegment,
      node: names.node,
      service: names.meshService,
      user,
      overlay: () => overlayIn(db),
    },
    text,
  );
  const after = before
    ? { ...before, ...columns, version: before.version + 1, updated_at: call.now }
    : newTest(item.name, columns, call.now);
  mesh.tests.set(after.id, after);
  statements.push(storeTest(db, after));
}

/** How many failures one entry of the audit log keeps, and how many warnings one plan shows. */
const MOST_KEPT = 10;

/**
 * Runs all tests of rules on the network as it would be after the document, if the document changes anything that they may
 * depend on. Refuses if one fails. Returns what the audit log keeps about them.
 */
export async function passMeshTests({
  call,
  mesh,
  guards,
  warnings,
}: Building): Promise<{ failedMeshTests?: string[] }> {
  if (Object.values(mesh).every(({ size }) => size === 0)) return {};
  const { db } = call.bindings;
  const { tests, areStill } = await comingTests(db, mesh);
  guards.push(areStill);
  const { outcomes, revision } = await ranTests(db, tests, mesh, call.now);
  if (revision < 0) return {};
  guards.push(guard(db, "mesh_moved", `${REVISION} = ?`, revision));
  const idle = outcomes.filter(({ test, result }) => result === "idle" && mesh.tests.has(test));
  warnings.push(...idle.slice(0, MOST_KEPT).map(({ name, detail }) => `test ${name}: ${detail}.`));
  const failing = outcomes.filter(fails);
  if (failing.length === 0) return {};
  if (!call.body.despiteTests) {
    const remedy = "Change the rules or the test, or publish with `despiteTests`, which is recorded.";
    refuseFailing(failing, remedy);
  }
  return { failedMeshTests: failing.slice(0, MOST_KEPT).map((one) => issueOf(one).message) };
}
