/** A statement of SQL with its parameters. */
export type Statement = readonly [sql: string, ...values: (string | number | null)[]];

/** The part of a database (D1) that is needed here: it prepares statements. */
export interface Preparing<Prepared> {
  prepare(sql: string): { bind(...values: unknown[]): Prepared };
}

/** The revision of the current change. Each row that a `MeshStatement` changes gets this revision. */
export const REVISION = "(SELECT revision FROM mesh_state)";

/**
 * SQL that changes data that nodes apply: their own rows and routes, rules, roots, and the state of the mesh.
 * Only `meshChange` can run it, so that no such change goes unnoticed. Such SQL is written only in this
 * folder; `test/unit/sql.test.ts` checks that.
 */
export class MeshStatement {
  readonly statement: Statement;

  constructor(...statement: Statement) {
    this.statement = statement;
  }
}

/**
 * The statements of one batch in their order. If a statement changes data that nodes apply, the revision is
 * raised before the first such statement. Every caller that runs the batch, such as the hub, then tells the
 * segments about the new revision.
 *
 * @param statements Plain statements are prepared here.
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

/** Prepares statements that don't affect nodes. */
export const prepareAll = <Prepared>(db: Preparing<Prepared>, statements: readonly Statement[]): Prepared[] =>
  statements.map((statement) => prepare(db, statement));
