import { deleteMicrosegment, deleteRule, storeRule } from "../../../shared/registry/mesh-statements.ts";
import type { ChangeStatement } from "../../mesh/changes.ts";
import type { Bindings } from "../../platform/env.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import type { RuleRow } from "../handlers/mesh-rules.ts";
import { breaksNoTest } from "../mesh-tests.ts";
import type { Left, Undo } from "./row.ts";

/**
 * The statements that take an accepted suggestion back: what it made is deleted, and rules are as they were. They fail if
 * something of it is not as it was left, or if a later rule names a microsegment of it.
 */
export async function undoStatements(
  bindings: Bindings,
  { microsegments, rules, changed }: Undo,
  now: number,
): Promise<ChangeStatement[]> {
  const { db } = bindings;
  const rows = new Map((await rowsOf(db, changed)).map((row) => [row.id, row]));
  const restored = changed.flatMap(({ id, version, before }): RuleRow[] => {
    const row = rows.get(id);
    return row ? [{ ...row, ...before, version: version + 1, updated_at: now }] : [];
  });
  const gone = (left: readonly Left[]) => left.map(({ id }) => [id, null] as const);
  const tested = await breaksNoTest(
    { bindings, now },
    {
      rules: new Map([...gone(rules), ...restored.map((row) => [row.id, row] as const)]),
      microsegments: new Map(gone(microsegments)),
    },
  );
  return [
    ...tested,
    ...guardsOf(db, "mesh_rules", [...rules, ...changed]),
    ...guardsOf(db, "microsegments", microsegments),
    ...rules.flatMap(({ id }) => deleteRule(id)),
    ...microsegments.flatMap(({ id }) => deleteMicrosegment(id)),
    ...restored.flatMap(storeRule),
  ];
}

const guardsOf = (db: D1Database, table: string, left: readonly Left[]): ChangeStatement[] =>
  left.map((one) => unchanged(db, table, one, one.version));

async function rowsOf(db: D1Database, left: readonly Left[]): Promise<RuleRow[]> {
  if (left.length === 0) return [];
  const { results } = await db
    .prepare("SELECT * FROM mesh_rules WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(left.map(({ id }) => id)))
    .all<RuleRow>();
  if (results.length < left.length)
    throwRefusal("conflict", "A rule that it changed is gone, so it can't be taken back as a whole.");
  return results;
}
