import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

/** The types of the registry's rows: the tables of `schema.ts` and `mesh-schema.ts` are the one place that says them. */

type Columns<Table extends SQLiteTable> = Table["_"]["columns"];
type Value<Column extends SQLiteColumn> =
  | (Column["_"]["data"] extends boolean ? 0 | 1 : Column["_"]["data"])
  | (Column["_"]["notNull"] extends true ? never : null);

/** A row as SQL gives it: by the names of its columns, such as `created_at`, with 0 and 1 for booleans. */
export type RowOf<Table extends SQLiteTable> = {
  readonly [Key in keyof Columns<Table> as Columns<Table>[Key]["_"]["name"]]: Value<Columns<Table>[Key]>;
};

/** The same of a query that gives each column its name in the code, such as `createdAt`. */
export type AliasedRowOf<Table extends SQLiteTable> = {
  readonly [Key in keyof Columns<Table>]: Value<Columns<Table>[Key]>;
};

/** A boolean as SQL has it. */
export const flag = (value: boolean): 0 | 1 => (value ? 1 : 0);
