import type { InputIssue } from "../../shared/base/errors/catalogue.ts";
import { REVISION } from "../../shared/registry/mesh-change.ts";
import { MESH_TESTS_QUERY, type MeshTestRow, meshTestOf } from "../../shared/registry/mesh-test-rows.ts";
import { called, printSelector } from "../../shared/segments/selector.ts";
import { namedTarget, printTarget, type Target, triedTest } from "../../shared/segments/tests/mesh-test.ts";
import { type Outcome, runTest } from "../../shared/segments/tests/run.ts";
import { inWords } from "../../shared/segments/tests/words.ts";
import { type ComingMesh, foreseen } from "../mesh/coming-network.ts";
import { throwRefusal } from "../platform/refused.ts";
import { guard } from "../registry/guards.ts";
import type { Call } from "./call.ts";

/** Runs the tests of the rules between nodes on the network as it would be after a change. */

export interface ComingTests extends ComingMesh {
  /** By ids. Null: it is deleted. */
  readonly tests?: ReadonlyMap<string, MeshTestRow | null>;
}

/** What came of one target, with names instead of ids. */
export interface Ran {
  readonly test: string;
  readonly name: string;
  readonly from: string;
  readonly expects: Outcome["expects"];
  readonly target: string;
  readonly result: Outcome["result"];
  readonly detail: string | null;
  readonly source: string | null;
  readonly destination: string | null;
  readonly rules: string[];
  /** Where the target stands in the document. */
  readonly path: string;
}

export const fails = ({ result }: Ran): boolean => result === "failed" || result === "too_wide";

/**
 * @returns The outcome of each target of each test, and the revision of the registry at which they ran: -1 where nothing was
 * read.
 */
export async function ranTests(
  db: D1Database,
  rows: readonly MeshTestRow[],
  coming: ComingMesh,
  now: number,
): Promise<{ readonly outcomes: readonly Ran[]; readonly revision: number }> {
  const seen = rows.length === 0 ? null : await foreseen(db, coming, now);
  if (!seen) return { outcomes: [], revision: -1 };
  const { network, names, revision, trafficOf } = seen;
  const nameOf = called(names);
  const ruleOf = (id: string) => network.index.rule(id)?.name ?? id;
  const outcomes = rows.map(meshTestOf).flatMap((test) => {
    const from = printSelector(nameOf(test.from));
    const counts = { accept: 0, deny: 0 };
    return runTest(network.index, triedTest(test, trafficOf), now).map((outcome): Ran => {
      const { expects, result, witness } = outcome;
      const target = test[expects][counts[expects]] as Target;
      const text = printTarget(namedTarget(target, nameOf, (service) => names.get(service)));
      return {
        ...{ test: test.id, name: test.name, from, expects, target: text, result },
        detail: inWords(outcome, { node: network.nameOf.bind(network), rule: ruleOf, from, target: text }),
        source: witness && network.nameOf(witness.source),
        destination: witness && network.nameOf(witness.destination),
        rules: (witness?.rules ?? []).map(ruleOf),
        path: `/meshTests/${test.name}/${expects}/${counts[expects]++}`,
      };
    });
  });
  return { outcomes, revision };
}

/** All tests as they would be after the change, and what holds while no other change of tests came in between. */
export async function comingTests(
  db: D1Database,
  { tests: coming = new Map() }: ComingTests,
): Promise<{ readonly tests: MeshTestRow[]; readonly areStill: D1PreparedStatement }> {
  const { results } = await db.prepare(MESH_TESTS_QUERY).all<MeshTestRow>();
  return {
    tests: [
      ...results.filter(({ id }) => !coming.has(id)),
      ...[...coming.values()].filter((row): row is MeshTestRow => row !== null),
    ],
    areStill: guard(
      db,
      "mesh_moved",
      "? = (SELECT json_group_array(id || ' ' || version) FROM (SELECT id, version FROM mesh_tests ORDER BY id))",
      JSON.stringify(results.map(({ id, version }) => `${id} ${version}`)),
    ),
  };
}

/**
 * Refuses a change that breaks a test, or brings one that fails. A test that failed before is no reason: who mends something
 * else could not.
 *
 * @returns What must hold when the change is stored, since the tests ran on what was read before.
 */
export async function breaksNoTest(
  { bindings: { db }, now }: Pick<Call, "bindings" | "now">,
  coming: ComingTests,
): Promise<D1PreparedStatement[]> {
  const { tests, areStill } = await comingTests(db, coming);
  const { outcomes, revision } = await ranTests(db, tests, coming, now);
  if (revision < 0) return [areStill];
  const failing = outcomes.filter(fails);
  if (failing.length > 0) {
    const old = tests.filter(({ id }) => !coming.tests?.has(id));
    const before = await ranTests(db, old, {}, now);
    const failed = new Set(before.outcomes.filter(fails).map(keyOf));
    refuseFailing(failing.filter((one) => !failed.has(keyOf(one))));
  }
  return [areStill, guard(db, "mesh_moved", `${REVISION} = ?`, revision)];
}

const keyOf = ({ test, expects, target }: Ran): string => JSON.stringify([test, expects, target]);

/** How many failing targets a refusal lists. */
const MOST_LISTED = 50;

export const issueOf = ({ path, name, detail }: Ran): InputIssue => ({
  path,
  message: `the test ${JSON.stringify(name)} fails: ${detail}`,
  code: "test_failed",
});

export function refuseFailing(
  failing: readonly Ran[],
  remedy = "Change the rules, or the test first.",
): void {
  const issues = failing.slice(0, MOST_LISTED).map(issueOf);
  const [first] = issues;
  if (!first) return;
  const more = failing.length > 1 ? ` (and ${failing.length - 1} more)` : "";
  throwRefusal("mesh_test_failed", `${first.message}${more}. ${remedy}`, { issues });
}
