/** Bound parameters that one statement may have. */
const MAX_PARAMETERS = 100;

/** Values by the names of their columns, which are constants of the code. */
export type Row = Readonly<Record<string, SqlStorageValue | Uint8Array>>;

/**
 * Inserts many rows with few statements (70 times faster than one by one).
 * @param table A constant of the code.
 * @param rows All with the columns of the first.
 * @param otherwise What happens with a row that is there already.
 */
export function insertRows(
  sql: SqlStorage,
  table: string,
  rows: readonly Row[],
  otherwise: "OR ABORT" | "OR IGNORE" = "OR ABORT",
): void {
  const columns = Object.keys(rows[0] ?? {});
  const perStatement = Math.floor(MAX_PARAMETERS / Math.max(1, columns.length));
  const names = columns.join(", ");
  const placeholders = `(${columns.map(() => "?").join(", ")})`;
  for (let i = 0; i < rows.length; i += perStatement) {
    const some = rows.slice(i, i + perStatement);
    sql.exec(
      `INSERT ${otherwise} INTO ${table} (${names}) VALUES ${some.map(() => placeholders).join(", ")}`,
      ...some.flatMap((row) => columns.map((column) => row[column] ?? null)),
    );
  }
}
