import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";

/** Typed access to the registry. */
export const registryOf = (d1: D1Database): DrizzleD1Database => drizzle(d1);

/** A drizzle query as a statement that can stand in one batch with any other. */
export function prepared(
  d1: D1Database,
  query: { toSQL(): { sql: string; params: unknown[] } },
): D1PreparedStatement {
  const { sql, params } = query.toSQL();
  return d1.prepare(sql).bind(...params);
}
