import { deleteMicrosegment, deleteRule, storeRule } from "../../../shared/registry/mesh-statements.ts";
import type { ChangeStatement } from "../../mesh/changes.ts";
import type { Bindings } from "../../platform/env.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import { rulesFit } from "../../registry/mesh-limits.ts";
import type { RuleRow } from "../handlers/mesh-rules.ts";
import { breaksNoTest } from "../mesh-tests.ts";
import type { Left, Undo } from "./row.ts";

/**
 * The statements that take an accepted suggestion back: what it made is deleted, and rules are as they were. They fail if
 * something of it is not as it was left, if a service of theirs was changed, or if a later rule names a microsegment of it.
 */
export async function undoStatements(
  bindings: Bindings,
  { microsegments, rules, services = [], changed }: Undo,
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
    // A service that means more by now would give back more than was taken, and one that is gone less.
    ...guardsOf(db, "mesh_services", services),
    ...rules.flatMap(({ id }) => deleteRule(id)),
    ...microsegments.flatMap(({ id }) => deleteMicrosegment(id)),
    ...restored.flatMap(storeRule),
    ...rulesFit(db),
  ];
}

/** The services that the rules name, as they are now. */
export async function servicesNamed(
  db: D1Database,
  rules: readonly Pick<RuleRow, "services">[],
): Promise<Left[]> {
  const ids = rules.flatMap(({ services }) => JSON.parse(services) as string[]);
  if (ids.length === 0) return [];
  const { results } = await db
    .prepare("SELECT id, version FROM mesh_services WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(ids))
    .all<Left>();
  return results;
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
