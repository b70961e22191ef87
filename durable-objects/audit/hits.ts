import { EXPLAIN_WITHIN_MS, explains, type Hit, type UnexplainedHits } from "../../shared/audit/hits.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import { findEntry } from "./query.ts";

/** The most hits of one node that wait for their decisions. More are counted and not looked for. */
const MOST_OF_NODE = 5_000;
/** How many decisions an event names. */
const MOST_NAMED = 10;
/** The most hits that one round judges. */
const AT_ONCE = 2_000;
const KEEP_MS = 7 * 86_400_000;

type Row = {
  node: string;
  decision: string;
  app: string;
  caller: string;
  method: string;
  at: number;
  hits: number;
};

/** Takes what a node passed on. What no decision explains yet waits for one. @returns Whether something waits. */
export function takeHits(sql: SqlStorage, node: string, hits: readonly Hit[], now: number): boolean {
  const waiting = hits.filter((hit) => !explains(findEntry(sql, hit.decision)?.entry ?? null, hit));
  let room = MOST_OF_NODE - countOf(sql, node);
  for (const hit of waiting) {
    const kept = room-- > 0 ? hit : { ...hit, decision: "", caller: "", method: "" };
    sql.exec(
      `INSERT INTO hits (node, decision, app, caller, method, at, hits, due) VALUES (?, ?, ?, ?, ?, ?, 1, ?)
       ON CONFLICT DO UPDATE SET hits = hits + 1`,
      ...[node, kept.decision, kept.app, kept.caller, kept.method, kept.at, now + EXPLAIN_WITHIN_MS],
    );
  }
  return waiting.length > 0;
}

const countOf = (sql: SqlStorage, node: string): number =>
  sql.exec<{ count: number }>("SELECT count(*) AS count FROM hits WHERE node = ?", node).one().count;

/**
 * The alarms about hits whose time is over: one for each node and app, with how many there are. They are counted, and no
 * longer wait.
 * @param newId The ids of the alarms in the log.
 */
export function unexplainedNow(sql: SqlStorage, now: number, newId: () => string): EventEntry[] {
  const due = sql.exec<Row>("SELECT * FROM hits WHERE due <= ? LIMIT ?", now, AT_ONCE).toArray();
  if (due.length === 0) return [];
  const unexplained = due.filter((row) => !explains(findEntry(sql, row.decision)?.entry ?? null, row));
  for (const { node, decision, app, caller, method } of due)
    sql.exec(
      "DELETE FROM hits WHERE node = ? AND decision = ? AND app = ? AND caller = ? AND method = ?",
      ...[node, decision, app, caller, method],
    );
  return [...Map.groupBy(unexplained, ({ node, app }) => `${node} ${app}`).values()].map((rows) => {
    const [{ node, app } = { node: "", app: "" }] = rows;
    const hits = rows.reduce((sum, row) => sum + row.hits, 0);
    sql.exec("INSERT INTO unexplained (at, app, node, hits) VALUES (?, ?, ?, ?)", now, app, node, hits);
    const decisions = rows.map(({ decision }) => decision).filter((id) => id !== "");
    return {
      ...{ kind: "system", id: newId(), at: now, actor: `node:${node}`, target: app },
      action: "connector.unexplained_hits",
      detail: { node, hits, decisions: decisions.slice(0, MOST_NAMED) },
    } as const;
  });
}

/** When the next hits are due, or null. */
export const nextHitsDue = (sql: SqlStorage): number | null =>
  sql.exec<{ due: number | null }>("SELECT min(due) AS due FROM hits").one().due;

export function unexplainedSince(sql: SqlStorage, since: number): UnexplainedHits[] {
  return sql
    .exec<{ app: string; node: string; hits: number }>(
      "SELECT app, node, sum(hits) AS hits FROM unexplained WHERE at >= ? GROUP BY app, node",
      since,
    )
    .toArray();
}

export const dropUnexplained = (sql: SqlStorage, now: number): void => {
  sql.exec("DELETE FROM unexplained WHERE at < ?", now - KEEP_MS);
};
