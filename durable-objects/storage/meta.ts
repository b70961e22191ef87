/** The migration step for an object that keeps a few numbers. */
export const META_SCHEMA = "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;";

/** A stored number. 0 when it was never set. */
export function readMeta(sql: SqlStorage, key: string): number {
  return sql.exec<{ value: number }>("SELECT value FROM meta WHERE key = ?", key).toArray()[0]?.value ?? 0;
}

/** Raises a stored number. A smaller number never replaces a larger one. */
export function raiseMeta(sql: SqlStorage, key: string, value: number): void {
  sql.exec(
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)",
    key,
    value,
  );
}
