import { deleteMicrosegment, deleteRule, storeRule } from "../../../shared/registry/mesh-statements.ts";
import type { ChangeStatement } from "../../mesh/changes.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import type { RuleRow } from "../handlers/mesh-rules.ts";
import type { Left, Undo } from "./row.ts";

/**
 * The statements that take an accepted suggestion back: what it made is deleted, and rules are as they were. They fail if
 * something of it is not as it was left, or if a later rule names a microsegment of it.
 */
export async function undoStatements(
  db: D1Database,
  { microsegments, rules, replaced }: Undo,
  now: number,
): Promise<ChangeStatement[]> {
  const before = await rowsOf(db, replaced);
  return [
    ...guardsOf(db, "mesh_rules", [...rules, ...replaced]),
    ...guardsOf(db, "microsegments", microsegments),
    ...rules.flatMap(({ id }) => deleteRule(id)),
    ...microsegments.flatMap(({ id }) => deleteMicrosegment(id)),
    ...before.flatMap((row) => storeRule({ ...row, enabled: 1, version: row.version + 1, updated_at: now })),
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
    throwRefusal("conflict", "A rule that it switched off is gone, so it can't be taken back as a whole.");
  return results;
}
