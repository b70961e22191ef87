/**
 * The history of the registry. Each change makes triggers write a row of `history` in the same transaction,
 * with the state of the thing before and after the change. So no code can forget the row, and no crash can
 * separate it from the change. When an administrator makes a change, the same transaction writes to
 * `change_context` who makes the change and why.
 */

/** A column of a table, and how the history stores its value. */
type Column =
  | string
  /** The column contains JSON (`json`), or a yes or no (`flag`). */
  | { readonly json: string }
  | { readonly flag: string }
  /**
   * Only the end of the value is stored. The end is enough to see that a value is another one, and reveals
   * nothing more.
   */
  | { readonly secret: string }
  /** An address whose path and query may hold a secret: only scheme and host are stored. */
  | { readonly origin: string };

/** How the history records one table. */
export interface Recorded {
  readonly kind: string;
  readonly table: string;
  /** SQL: which rows are recorded. `ROW` stands for the row. All, unless said. */
  readonly only?: string;
  /** SQL for the id of the thing that the row is about. `ROW` stands for the row. */
  readonly target: string;
  /** SQL for what separates several rows about the same thing: a member, an address. */
  readonly other?: string;
  /** SQL for the name of the thing. */
  readonly name: string;
  /** The stored fields, by their names in the API. */
  readonly fields: Readonly<Record<string, Column>>;
  /**
   * Columns that are not stored, because no administrator chooses them or because they are known from
   * elsewhere.
   */
  readonly without: readonly string[];
}

/** Columns that most tables have and no history stores. */
export const VERSIONED = ["version", "created_at", "updated_at"];

const columnOf = (column: Column): string =>
  typeof column === "string" ? column : (Object.values(column)[0] ?? "");

/** The stored fields of a row as JSON. */
function documentOf({ fields }: Recorded, row: string): string {
  const members = Object.entries(fields).map(([name, column]) => `'${name}', ${sqlOf(column, row)}`);
  return `json_object(${members.join(", ")})`;
}

function sqlOf(column: Column, row: string): string {
  const value = `${row}.${columnOf(column)}`;
  if (typeof column === "string") return value;
  if ("json" in column) return `json(${value})`;
  if ("flag" in column) return `json(CASE ${value} WHEN 1 THEN 'true' ELSE 'false' END)`;
  // Whether http or https, the first slash after the eighth character ends the host.
  if ("origin" in column) return `substr(${value}, 1, instr(substr(${value}, 9) || '/', '/') + 7)`;
  return `substr(${value}, -8)`;
}

const NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
const COLUMNS = "at, kind, target, other, name, before, after, entry, actor, person, note, via";

/** The triggers of one table. */
export function triggersOf(recorded: Recorded): string[] {
  const { table, fields, only } = recorded;
  const when = (row: string, changed: string | null): string => {
    const all = [changed, only?.replaceAll("ROW.", `${row}.`)].filter((part) => typeof part === "string");
    if (all.length === 0) return "";
    return `WHEN ${all.length === 1 ? all[0] : all.map((part) => `(${part})`).join(" AND ")} `;
  };
  const changed = Object.values(fields)
    .map((column) => `OLD.${columnOf(column)} IS NOT NEW.${columnOf(column)}`)
    .join(" OR ");
  const body = (row: string, before: string, after: string) =>
    `BEGIN INSERT INTO history (${COLUMNS}) SELECT coalesce(c.at, ${NOW}), ${subjectOf(recorded, row)}, ${before}, ${after}, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END`;
  const [before, after] = [documentOf(recorded, "OLD"), documentOf(recorded, "NEW")];
  return [
    `CREATE TRIGGER history_${table}_insert AFTER INSERT ON ${table} ${when("NEW", null)}${body("NEW", "NULL", after)}`,
    `CREATE TRIGGER history_${table}_update AFTER UPDATE ON ${table} ${when("NEW", changed)}${body("NEW", before, after)}`,
    `CREATE TRIGGER history_${table}_delete AFTER DELETE ON ${table} ${when("OLD", null)}${body("OLD", before, "NULL")}`,
  ];
}

/** Records the rows that exist when recording begins. */
export const baselineOf = (recorded: Recorded): string =>
  `INSERT INTO history (${COLUMNS}) SELECT ${NOW}, ${subjectOf(recorded, "r")}, NULL, ${documentOf(recorded, "r")}, NULL, '${BASELINE}', NULL, NULL, NULL FROM ${recorded.table} r${onlyOf(recorded)}`;

/** The newest history rows of the things that exist, read from the table itself. */
export function currentOf(recorded: Recorded): string {
  const { kind, target, other = "''", table } = recorded;
  const [id, part] = [target, other].map((sql) => sql.replaceAll("ROW.", "r."));
  return `SELECT '${kind}' AS kind, ${id} AS target, ${part} AS other, ${documentOf(recorded, "r")} AS after FROM ${table} r${onlyOf(recorded)}`;
}

const onlyOf = ({ only }: Recorded): string => (only ? ` WHERE ${only.replaceAll("ROW.", "r.")}` : "");

/** The actor of the rows that record what existed when recording began. */
export const BASELINE = "baseline";

const subjectOf = ({ kind, target, other = "''", name }: Recorded, row: string): string =>
  `'${kind}', ${[target, other, name].map((sql) => sql.replaceAll("ROW.", `${row}.`)).join(", ")}`;
