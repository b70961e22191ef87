import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

/** The types of the registry's rows. Only the tables in `schema.ts` and `mesh-schema.ts` define them. */

type Columns<Table extends SQLiteTable> = Table["_"]["columns"];
type Value<Column extends SQLiteColumn> =
  | (Column["_"]["data"] extends boolean ? 0 | 1 : Column["_"]["data"])
  | (Column["_"]["notNull"] extends true ? never : null);

/** A row as SQL returns it. The keys are column names, such as `created_at`, and booleans are 0 and 1. */
export type RowOf<Table extends SQLiteTable> = {
  readonly [Key in keyof Columns<Table> as Columns<Table>[Key]["_"]["name"]]: Value<Columns<Table>[Key]>;
};

/** A row of a query that gives each column its name in the code, such as `createdAt`. */
export type AliasedRowOf<Table extends SQLiteTable> = {
  readonly [Key in keyof Columns<Table>]: Value<Columns<Table>[Key]>;
};

/** A boolean in the form that SQL uses. */
export const flag = (value: boolean): 0 | 1 => (value ? 1 : 0);
