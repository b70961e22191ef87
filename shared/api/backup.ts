import * as z from "zod/mini";
import * as f from "./fields.ts";

/** A copy of the registry from which a lost hub is made again. */

export const BACKUP_FORMAT = 2;
/** Rows of a table that one call gives or takes. */
export const BACKUP_ROWS = 100;
/** Bytes that one call takes: as many rows of the largest policies. */
export const BACKUP_BYTES = 16 * 1024 * 1024;

const value = z.union([z.string(), z.number(), z.null()]);
const row = z.array(value).check(z.maxLength(100));
const rows = f.list(row, BACKUP_ROWS);
const counter = f.integer(0, Number.MAX_SAFE_INTEGER);

export const backupManifest = z.object({
  format: f.said(z.literal(BACKUP_FORMAT), "version of this form of a backup"),
  schema: f.said(f.line(200), "the newest migration of the database that it is of"),
  secretKey: f.said(f.line(100), "says, without showing it, which SECRET_KEY opens what is sealed in it"),
  network: f.said(f.line(100), "name of the network"),
  takenAt: f.said(f.instant, "when it was begun, in milliseconds since the Unix epoch"),
  stamp: f.said(
    counter,
    "of the newest change in the history: two pages with the same stamp are of one state",
  ),
  single: f.said(
    f.list(rows, 10),
    "rows of the tables that have one: the network's, then the mesh's (which may have none)",
  ),
  tables: f.said(
    f.list(
      z.object({
        name: f.said(f.line(100), "name of the table"),
        columns: f.said(f.list(f.line(100), 100), "its columns, in the order of the values of a row"),
      }),
      100,
    ),
    "the tables whose rows are asked for page by page",
  ),
  ticket: f.said(f.line(200), "names this backup, and proves that the hub began it"),
  seal: f.said(
    f.line(100),
    "the hub's proof of all of this; only a hub with the same SECRET_KEY can make or check it",
  ),
});
export type BackupManifest = z.output<typeof backupManifest>;

export const backupRowsQuery = z.strictObject({
  ticket: f.said(f.line(200), "the manifest's"),
  table: f.said(f.line(100), "name of the table, as the manifest has it"),
  after: z.optional(f.said(f.queryInteger(0, Number.MAX_SAFE_INTEGER), "`next` of the page before")),
});
export const backupRows = z.object({ rows, next: z.nullable(counter), stamp: counter, seal: f.line(100) });

export const restoreRows = z.strictObject({
  ticket: f.said(f.line(200), "the manifest's"),
  table: f.said(f.line(100), "name of the table, as the manifest has it"),
  after: f.said(counter, "where the page begins: `next` of the page before"),
  next: f.said(z.nullable(counter), "where the next page of the table begins"),
  rows: f.said(rows, "values in the order of the table's columns"),
  seal: f.said(f.line(100), "the hub's proof of this page"),
});
