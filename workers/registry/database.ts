import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";

/** Typed access to the registry. */
export const registryOf = (d1: D1Database): DrizzleD1Database => drizzle(d1);

/** Turns a drizzle query into a statement that can go into one batch with any other statement. */
export function prepared(
  d1: D1Database,
  query: { toSQL(): { sql: string; params: unknown[] } },
): D1PreparedStatement {
  const { sql, params } = query.toSQL();
  return d1.prepare(sql).bind(...params);
}
