/** A statement of SQL with its parameters. */
export type Statement = readonly [sql: string, ...values: (string | number | null)[]];

/** What makes statements ready for a database: D1, as far as this needs it. */
export interface Preparing<Prepared> {
  prepare(sql: string): { bind(...values: unknown[]): Prepared };
}

/** The revision of the change under way. Each row that a `MeshStatement` changes is stamped with it. */
export const REVISION = "(SELECT revision FROM mesh_state)";

/**
 * SQL that changes what nodes apply: their own rows and routes, rules, roots, and the state of the mesh. `meshChange` is the only
 * way to run it, so that no such change goes unnoticed. It is written nowhere but in this folder; `test/unit/sql.test.ts`
 * sees to that.
 */
export class MeshStatement {
  readonly statement: Statement;

  constructor(...statement: Statement) {
    this.statement = statement;
  }
}

/**
 * The statements of one batch in their order. Where one of them changes what nodes apply, the revision is raised before the
 * first that does; the hub, and everybody else who has a batch run, tells the segments of a new revision.
 *
 * @param statements As they are, or to be made ready.
 */
export function meshChange<Prepared extends object>(
  db: Preparing<Prepared>,
  statements: readonly (Prepared | Statement | MeshStatement)[],
): Prepared[] {
  let isRaised = false;
  return statements.flatMap((statement) => {
    if (Array.isArray(statement)) return [prepare(db, statement as unknown as Statement)];
    if (!(statement instanceof MeshStatement)) return [statement as Prepared];
    const prepared = prepare(db, statement.statement);
    if (isRaised) return [prepared];
    isRaised = true;
    return [prepare(db, NEXT_REVISION), prepared];
  });
}

const NEXT_REVISION: Statement = ["UPDATE mesh_state SET revision = revision + 1"];

const prepare = <Prepared>(db: Preparing<Prepared>, [sql, ...values]: Statement): Prepared =>
  db.prepare(sql).bind(...values);

/** Statements that nodes do not notice. */
export const prepareAll = <Prepared>(db: Preparing<Prepared>, statements: readonly Statement[]): Prepared[] =>
  statements.map((statement) => prepare(db, statement));
