import type { EventEntry } from "../../shared/audit/types.ts";
import { MESH_TESTS_QUERY, type MeshTestRow } from "../../shared/registry/mesh-test-rows.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { freshId } from "../platform/random.ts";
import { savedEvent, settleEntries } from "../platform/saved-events.ts";
import { failedGuard, guard } from "../registry/guards.ts";
import { fails, type Ran, ranTests } from "./mesh-tests.ts";

/**
 * Runs the tests of rules after changes that can't be refused: a fact that a provider or a node states, an owner who changes
 * groups, a node that enrols or is quarantined, time. A test that begins to fail is an event of the audit log.
 */

/** How often they are run at most, and at least: facts and rules end by time alone. In milliseconds. */
const AT_MOST_MS = 60_000;
const AT_LEAST_MS = 15 * 60_000;

/** Never rejects; a later round tries again. */
export async function watchMeshTests(bindings: Bindings, now: number): Promise<void> {
  await look(bindings, now).catch((error) => {
    // Another isolate ran them in this moment.
    if (failedGuard(error) !== "unchanged") logError("mesh_tests_not_run", error);
  });
}

async function look(bindings: Bindings, now: number): Promise<void> {
  const { db } = bindings;
  const isDue = await db
    .prepare(
      `SELECT 1 FROM mesh_tests t, mesh_state m
       WHERE t.ran_at <= ?1 - ${AT_MOST_MS} AND (t.ran_revision <> m.revision OR t.ran_at <= ?1 - ${AT_LEAST_MS}) LIMIT 1`,
    )
    .bind(now)
    .first();
  if (!isDue) return;
  const { results: tests } = await db.prepare(MESH_TESTS_QUERY).all<MeshTestRow>();
  const { outcomes, revision } = await ranTests(db, tests, {}, now);
  const failing = Map.groupBy(outcomes.filter(fails), ({ test }) => test);
  const events: EventEntry[] = [];
  const statements = tests.flatMap((test) => {
    const why = failing.get(test.id)?.[0]?.detail ?? null;
    if ((why === null) !== (test.failing === null)) events.push(eventOf(test, failing.get(test.id), now));
    return [
      guard(
        db,
        "unchanged",
        "EXISTS (SELECT 1 FROM mesh_tests WHERE id = ? AND ran_at = ?)",
        test.id,
        test.ran_at,
      ),
      db
        .prepare("UPDATE mesh_tests SET failing = ?, ran_revision = ?, ran_at = ? WHERE id = ?")
        .bind(why, revision, now, test.id),
    ];
  });
  await db.batch([...statements, ...events.map((event) => savedEvent(db, event))]);
  await settleEntries(
    bindings,
    events.map(({ id }) => id),
  );
}

const eventOf = (
  { id, name }: MeshTestRow,
  failing: readonly Ran[] | undefined,
  now: number,
): EventEntry => ({
  ...{ kind: "system", id: freshId("audit"), at: now, actor: "system", target: id },
  action: failing ? "mesh_test.failed" : "mesh_test.passed",
  detail: { name, ...(failing && { why: failing[0]?.detail, targets: failing.length }) },
});
