import { fieldsOf } from "../../../shared/audit/changes.ts";
import { idOfActor } from "../../../shared/audit/who.ts";
import { BASELINE } from "../../../shared/registry/history.ts";
import { changeOf, type HistoryRow, historyBegan, namesOf, readHistory } from "../../registry/history.ts";
import type { Call, Handlers } from "../call.ts";
import { numberIn, pageOf } from "../paging.ts";

type Query = Call<"history.list">["query"];

/** An SQL condition about `h`, with its values. */
type Condition = readonly [sql: string, ...values: (string | number)[]];

/** Finds a thing by its current or an earlier name, together with what belongs to it. */
function conditionsOf({ kind, name, user, since, until }: Query): Condition[] {
  const conditions: Condition[] = [["h.kind <> 'history'"]];
  if (name !== undefined) {
    const named = kind === undefined ? "" : " AND kind = ?";
    const ids = `(SELECT ? UNION SELECT target FROM history WHERE name = ?${named})`;
    const values = [name, name, ...(kind === undefined ? [] : [kind])];
    conditions.push([`(h.target IN ${ids} OR h.other IN ${ids})`, ...values, ...values]);
  } else if (kind !== undefined) conditions.push(["h.kind = ?", kind]);
  if (user !== undefined) conditions.push(["(h.person = ? OR h.actor = 'user:' || ?)", user, user]);
  if (since !== undefined) conditions.push(["h.at >= ?", since]);
  if (until !== undefined) conditions.push(["h.at < ?", until]);
  return conditions;
}

function thingOf(row: HistoryRow) {
  const change = changeOf(row);
  const { kind, target, other, name, before, after } = change;
  const what =
    row.actor === BASELINE ? "found" : before === null ? "created" : after === null ? "deleted" : "changed";
  return { kind, target, other, name, change: what as "created", fields: fieldsOf(change) };
}

/** The rows of one event are next to each other, because one transaction wrote them. */
function eventsOf(rows: readonly HistoryRow[]) {
  const events: HistoryRow[][] = [];
  for (const row of rows) {
    const last = events.at(-1);
    if (last && row.entry !== null && last[0]?.entry === row.entry) last.push(row);
    else events.push([row]);
  }
  return events.map((all) => {
    const [{ at, entry, actor, person, note, via }] = all as [HistoryRow];
    return {
      ...{ at, entry, person, note, via },
      actor: actor === BASELINE ? null : actor,
      things: all.reverse().map(thingOf),
    };
  });
}

/** The names for the ids in some rows, those of who acted among them. */
async function namesIn(d1: D1Database, rows: readonly HistoryRow[]): Promise<Record<string, string>> {
  const values = rows.flatMap(({ actor, target, other, before, after }) => [
    actor && idOfActor(actor),
    target,
    other,
    ...[before, after].flatMap((text) => (text === null ? [] : Object.values(JSON.parse(text) as object))),
  ]);
  return namesOf(d1, values);
}

export const HISTORY_HANDLERS: Handlers<"history.list"> = {
  "history.list": async ({ bindings, query }) => {
    const { db } = bindings;
    const conditions = conditionsOf(query);
    const page = await pageOf(
      query,
      (after, limit) => {
        const all: Condition[] = after === null ? conditions : [...conditions, ["h.id < ?", numberIn(after)]];
        const where = all.map(([sql]) => sql).join(" AND ");
        const values = all.flatMap(([, ...given]) => given);
        return readHistory(db, `${where} ORDER BY h.id DESC LIMIT ?`, ...values, limit);
      },
      ({ id }) => String(id),
    );
    const [began, names] = await Promise.all([historyBegan(db), namesIn(db, page.items)]);
    return { body: { items: eventsOf(page.items), next: page.next, began, names } };
  },
};
