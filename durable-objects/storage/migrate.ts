/**
 * Brings an object's SQLite database to the newest schema. Call it in the constructor: it is synchronous, so
 * nothing runs before it is done. Step `n` runs exactly once; steps are append-only and never edited.
 *
 * A table counts the steps because `PRAGMA user_version` is refused inside Durable Objects.
 */
export function migrate(sql: SqlStorage, steps: readonly string[]): void {
  sql.exec("CREATE TABLE IF NOT EXISTS _migrations (step INTEGER PRIMARY KEY) STRICT");
  const { applied } = sql.exec<{ applied: number }>("SELECT count(*) AS applied FROM _migrations").one();
  for (const [step, statements] of steps.entries()) {
    if (step < applied) continue;
    sql.exec(statements);
    sql.exec("INSERT INTO _migrations (step) VALUES (?)", step);
  }
}

/**
 * Whether the database was ever migrated. This question writes nothing, so an object that nobody uses leaves no trace.
 */
export const isMigrated = (sql: SqlStorage): boolean =>
  sql.exec("SELECT 1 FROM sqlite_master WHERE name = '_migrations'").toArray().length > 0;
