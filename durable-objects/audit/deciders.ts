import { grantOf } from "../../shared/access/policy/statement-id.ts";
import type { AuditEntry, Decider, DecisionEntry } from "../../shared/audit/types.ts";

const DAY_MS = 86_400_000;

/**
 * Counts by day (UTC) how often each statement determines decisions, so that a policy that decides nothing is found
 * without reading the log.
 */
export function countDeciders(sql: SqlStorage, entries: readonly AuditEntry[]): void {
  const found = entries.flatMap((entry) => (entry.kind === "decision" ? citedBy(entry) : []));
  if (found.length === 0) return;
  sql.exec(
    `INSERT INTO deciders (day, statement, is_shadow, decisions, changes, last_at)
     SELECT c.value->>0, c.value->>1, c.value->>2, c.value->>3, c.value->>4, c.value->>5
     FROM json_each(?) c WHERE true
     ON CONFLICT (day, statement, is_shadow) DO UPDATE SET decisions = decisions + excluded.decisions,
       changes = changes + excluded.changes, last_at = max(last_at, excluded.last_at)`,
    JSON.stringify(counted(found)),
  );
}

type Counted = readonly [
  day: number,
  statement: string,
  isShadow: number,
  decisions: number,
  changes: number,
  lastAt: number,
];

/** One row for each statement: most entries of one append cite the same few, so the database has little to do. */
function counted(found: readonly Cited[]): Counted[] {
  const groups = Map.groupBy(found, ([day, statement, isShadow]) =>
    JSON.stringify([day, statement, isShadow]),
  );
  return [...groups.values()].map((cited) => {
    const [[day, statement, isShadow] = [0, "", 0, 0, 0]] = cited;
    const changes = cited.reduce((sum, [, , , change]) => sum + change, 0);
    const lastAt = Math.max(...cited.map(([, , , , at]) => at));
    return [day, statement, isShadow, cited.length, changes, lastAt];
  });
}

type Cited = readonly [day: number, statement: string, isShadow: 0 | 1, changes: 0 | 1, at: number];

function citedBy({ at, decision, determining, shadow }: DecisionEntry): Cited[] {
  const day = dayOf(at);
  // With the policies in shadow, the others determine, too. Only what is new is of the shadow.
  const added = (shadow?.determining ?? []).filter((statement) => !determining.includes(statement));
  const changes = shadow === undefined || shadow.decision === decision ? 0 : 1;
  return [
    // Each grant is of one person for a while; who looks for idle policies does not mean them.
    ...determining
      .filter((statement) => grantOf(statement) === null)
      .map((statement): Cited => [day, statement, 0, 0, at]),
    ...added.map((statement): Cited => [day, statement, 1, changes, at]),
  ];
}

const dayOf = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS;

export function readDeciders(sql: SqlStorage, since: number): { countedSince: number; deciders: Decider[] } {
  const { at } = sql.exec<{ at: number }>("SELECT at FROM deciders_began").one();
  const rows = sql
    .exec<{ statement: string; is_shadow: number; decisions: number; changes: number; last_at: number }>(
      `SELECT statement, is_shadow, sum(decisions) AS decisions, sum(changes) AS changes, max(last_at) AS last_at FROM deciders
       WHERE day >= ? GROUP BY statement, is_shadow`,
      dayOf(since),
    )
    .toArray();
  return {
    countedSince: at,
    deciders: rows.map(({ statement, is_shadow, decisions, changes, last_at }) => ({
      ...{ statement, isShadow: is_shadow === 1, decisions, changes, lastAt: last_at },
    })),
  };
}

/** @param before Counts of days that ended before this time go. */
export const dropDeciders = (sql: SqlStorage, before: number): void => {
  sql.exec("DELETE FROM deciders WHERE day < ?", dayOf(before));
};
