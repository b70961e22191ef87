import { isId } from "../../../shared/base/ids.ts";
import type { ServiceRow } from "../../../shared/registry/node-rows.ts";
import { missing } from "../missing.ts";

/** Services as rules look them up. */

export async function findService(db: D1Database, reference: string): Promise<ServiceRow> {
  const column = isId("meshService", reference) ? "id" : "name";
  const row = await db
    .prepare(`SELECT * FROM mesh_services WHERE ${column} = ?`)
    .bind(reference)
    .first<ServiceRow>();
  return row ?? missing(db, "service", reference);
}

export async function namesOfServices(db: D1Database, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const { results } = await db
    .prepare("SELECT id, name FROM mesh_services WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify([...new Set(ids)]))
    .all<{ id: string; name: string }>();
  return new Map(results.map(({ id, name }) => [id, name]));
}
