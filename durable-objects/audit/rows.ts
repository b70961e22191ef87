/** Bound parameters that one statement may have. */
const MAX_PARAMETERS = 100;

/**
 * Inserts many rows with few statements (70 times faster than one by one).
 * @param into `table (column, ...)`, a constant of the code.
 */
export function insertRows(
  sql: SqlStorage,
  into: string,
  rows: readonly (readonly (SqlStorageValue | Uint8Array)[])[],
): void {
  const width = rows[0]?.length ?? 1;
  const perStatement = Math.floor(MAX_PARAMETERS / width);
  const placeholders = `(${Array.from({ length: width }, () => "?").join(", ")})`;
  for (let i = 0; i < rows.length; i += perStatement) {
    const some = rows.slice(i, i + perStatement);
    sql.exec(`INSERT INTO ${into} VALUES ${some.map(() => placeholders).join(", ")}`, ...some.flat());
  }
}
