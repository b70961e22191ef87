import { isMeant, OUTCOMES, type Outcome, parseCode } from "../../shared/audit/terms.ts";
import type { AuditPage, AuditQuery } from "../../shared/audit/types.ts";
import { unindexedBelow } from "./backfill.ts";
import { rowsAt } from "./query.ts";
import {
  type Condition,
  FEW,
  namedTerms,
  oneOf,
  pathTerms,
  type TermSet,
  targetTerms,
  termsFrom,
} from "./terms.ts";

const MAX_LIMIT = 200;
/** Rows that one search looks at where no index leads to few. */
const MAX_SCANNED = 1_000_000;

/** The leaves `low` to `high` (not included). */
interface Leaves {
  readonly low: number;
  readonly high: number;
}

/** One way in which an entry may match. */
interface Way {
  /** Cheap ones first: SQLite tests them in this order. */
  readonly conditions: readonly Condition[];
  readonly sets: readonly TermSet[];
  /** The only outcome that is wanted. */
  readonly outcome: Outcome | null;
}

/**
 * Finds entries, newest first. The cost is bounded whatever is asked: either an index leads to few rows, or at most
 * `MAX_SCANNED` rows are looked at, and the answer says until when.
 */
export function searchEntries(sql: SqlStorage, query: AuditQuery): AuditPage {
  const limit = Math.min(Math.max(1, Math.floor(query.limit)), MAX_LIMIT);
  const range = rangeOf(sql, query);
  if (range === null) return { rows: [], next: null, searchedUntil: null };
  const known = { ...range, low: Math.max(range.low, unindexedBelow(sql)) };
  const found = waysOf(sql, query).map((way) => find(sql, way, known, limit + 1));
  const low = Math.max(known.low, ...found.map((one) => one.low));
  const leaves = [...new Set(found.flatMap((one) => one.leaves))].filter((leaf) => leaf >= low);
  const page = leaves.sort((a, b) => b - a).slice(0, limit);
  const rows = rowsAt(sql, page);
  if (leaves.length > limit) return { rows, next: page.at(-1) ?? null, searchedUntil: null };
  if (low <= range.low) return { rows, next: null, searchedUntil: null };
  return { rows, next: low, searchedUntil: timeAt(sql, low) };
}

/** The newest leaves that match, and the lowest one that was looked at. */
function find(sql: SqlStorage, way: Way, { low, high }: Leaves, limit: number) {
  const conditions = [...way.conditions, ...way.sets.map(({ condition }) => condition)];
  const { index, isBounded } = leadOf(sql, way);
  const from = isBounded ? low : Math.max(low, high - MAX_SCANNED);
  const leaves = sql
    .exec<{ leaf: number }>(
      `SELECT leaf FROM facets ${index} WHERE ${["leaf >= ? AND leaf < ?", ...conditions.map(([text]) => text)].join(" AND ")}
       ORDER BY leaf DESC LIMIT ?`,
      from,
      high,
      ...conditions.flatMap(([, ...values]) => values),
      limit,
    )
    .toArray()
    .map(({ leaf }) => leaf);
  return { leaves, low: leaves.length === limit ? low : from };
}

/** Whoever is asked for may have acted, or may be whom it was done to. */
function waysOf(sql: SqlStorage, query: AuditQuery): Way[] {
  const codes = codesOf(sql, query);
  if (codes === null) return [];
  const { since, until, app, who, path, target } = query;
  const conditions = [...codes.conditions];
  if (since !== undefined) conditions.push(["at >= ?", since]);
  if (until !== undefined) conditions.push(["at < ?", until]);
  const sets: TermSet[] = [];
  if (app) sets.push(namedTerms(sql, "app", app));
  if (path !== undefined) sets.push(pathTerms(sql, path));
  if (target !== undefined) sets.push(targetTerms(sql, [target]));
  const whoWays = who ? [namedTerms(sql, "person", who), targetTerms(sql, who.ids)] : [];
  const ways = who ? whoWays.map((set) => [...sets, set]) : [sets];
  return ways
    .filter((all) => all.every(({ ids }) => ids?.length !== 0))
    .map((all) => ({ conditions, sets: all, outcome: codes.outcome }));
}

/** Kinds, outcome and reason are said by the code, and there are few codes. Null where none is meant. */
function codesOf(
  sql: SqlStorage,
  { kinds, decision, reason }: AuditQuery,
): { conditions: Condition[]; outcome: Outcome | null } | null {
  if (!kinds && !decision && reason === undefined) return { conditions: [], outcome: null };
  const all = termsFrom(sql, "c:").map(({ id, text }) => ({ id, ...parseCode(text) }));
  const meant = all.filter(
    ({ kind, outcome, word }) =>
      (!kinds || kinds.includes(kind)) &&
      (!decision || outcome === OUTCOMES[decision]) &&
      (reason === undefined || isMeant(word, reason)),
  );
  if (meant.length === 0) return null;
  const outcomes = new Set(meant.map(({ outcome }) => outcome));
  const [only] = outcomes.size === 1 ? outcomes : [];
  const conditions: Condition[] = [];
  // The partial index `facets_rare` leads only where its own words stand in the query.
  if (only !== undefined && only !== OUTCOMES.allow) conditions.push([`outcome = ${only} AND outcome <> 1`]);
  else if (only !== undefined) conditions.push([`outcome = ${only}`]);
  else if (!outcomes.has(OUTCOMES.event)) conditions.push(["outcome <> 0"]);
  const isAllOfThem = all.filter(({ outcome }) => outcomes.has(outcome)).length === meant.length;
  if (!isAllOfThem)
    conditions.push(
      oneOf(
        "code",
        meant.map(({ id }) => id),
      ),
    );
  return { conditions, outcome: only ?? null };
}

/** Which index leads, and whether to so few rows that the whole log is searched. */
function leadOf(sql: SqlStorage, { sets, outcome }: Way): { index: string; isBounded: boolean } {
  for (const column of ["person", "subject"] as const) {
    const set = sets.find((one) => one.column === column);
    if (set && areFew(sql, set)) return { index: `INDEXED BY facets_${column}`, isBounded: true };
  }
  const isRare = outcome === OUTCOMES.event || outcome === OUTCOMES.deny;
  return { index: isRare ? "INDEXED BY facets_rare" : "NOT INDEXED", isBounded: false };
}

function areFew(sql: SqlStorage, { ids, condition: [condition, ...values] }: TermSet): boolean {
  if (ids === null) return false;
  const query = `SELECT count(*) AS hits FROM (SELECT 1 FROM facets WHERE ${condition} LIMIT ?)`;
  return sql.exec<{ hits: number }>(query, ...values, FEW + 1).one().hits <= FEW;
}

/** The leaves that were made in the time asked for, before the cursor; null where there are none. */
export function rangeOf(
  sql: SqlStorage,
  { since = 0, until, cursor }: Pick<AuditQuery, "since" | "until" | "cursor">,
): Leaves | null {
  const query = "SELECT (SELECT min(leaf) FROM entries) AS low, (SELECT max(leaf) FROM entries) AS high";
  const held = sql.exec<{ low: number | null; high: number | null }>(query).one();
  if (held.low === null || held.high === null) return null;
  // Until all entries are known to the search, what minutes say of their leaves is not the whole truth.
  const narrows = (since > 0 || until !== undefined) && unindexedBelow(sql) === 0;
  const made = narrows ? leavesMade(sql, since, until ?? Number.MAX_SAFE_INTEGER) : held;
  if (made.low === null || made.high === null) return null;
  const low = Math.max(held.low, made.low);
  const high = Math.min(made.high + 1, cursor ?? Number.MAX_SAFE_INTEGER);
  return low < high ? { low, high } : null;
}

/** The first and the last leaf of the minutes that a time range touches. */
function leavesMade(sql: SqlStorage, since: number, until: number) {
  const query = `SELECT min(first_leaf) AS low, max(last_leaf) AS high FROM minutes WHERE at > ? AND at < ?`;
  return sql.exec<{ low: number | null; high: number | null }>(query, since - 60_000, until).one();
}

function timeAt(sql: SqlStorage, leaf: number): number | null {
  const query = "SELECT at FROM entries WHERE leaf >= ? ORDER BY leaf LIMIT 1";
  return sql.exec<{ at: number }>(query, leaf).toArray()[0]?.at ?? null;
}
