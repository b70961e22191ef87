import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

/** The columns of a registry table by their names in SQL. */
type Named<Table extends SQLiteTable> = {
  readonly [Key in keyof Table["_"]["columns"] as Table["_"]["columns"][Key]["_"]["name"]]: Table["_"]["columns"][Key];
};

type Value<Column extends SQLiteColumn> =
  | (Column["_"]["data"] extends boolean ? 0 | 1 : Column["_"]["data"])
  | (Column["_"]["notNull"] extends true ? never : null);

/** A row of a registry table as SQL gives it: by the names of its columns, with 0 and 1 for booleans. */
export type RowOf<Table extends SQLiteTable> = {
  readonly [Name in keyof Named<Table>]: Value<Named<Table>[Name]>;
};

/** A boolean as SQL has it. */
export const flag = (value: boolean): 0 | 1 => (value ? 1 : 0);
