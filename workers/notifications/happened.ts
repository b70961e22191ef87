import { meaningOf } from "../../shared/audit/meanings.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import type { Finding } from "../../shared/notifications/notice.ts";
import type { Bindings } from "../platform/env.ts";
import { keepNotices } from "../platform/notices.ts";
import { auditObject } from "../platform/objects.ts";

/** What happened since the last round: actions in the audit log's index, and new owners in the history. */

/** Of one round; the next takes up what is left. */
const MOST = 200;

interface Cursors {
  readonly leaf: number;
  readonly history: number;
}

/** Keeps notices of what happened, and then remembers up to where it looked. What fails in between is found once more. */
export async function keepWhatHappened(
  bindings: Bindings,
  wanted: ReadonlySet<string>,
  now: number,
): Promise<void> {
  const { db } = bindings;
  const cursors = await db.prepare("SELECT leaf, history FROM notification_cursors").first<Cursors>();
  if (cursors === null) return;
  const [events, owners] = [
    await actionsSince(bindings, cursors.leaf, wanted),
    await ownersSince(db, cursors),
  ];
  await keepNotices(bindings, [...events.findings, ...owners.findings], now);
  if (events.until === cursors.leaf && owners.until === cursors.history) return;
  await db
    .prepare("UPDATE notification_cursors SET leaf = max(leaf, ?), history = max(history, ?)")
    .bind(events.until, owners.until)
    .run();
}

interface Found {
  readonly findings: readonly Finding[];
  readonly until: number;
}

/** The index gets its rows in the order of the log, so none comes behind the cursor. */
async function actionsSince(bindings: Bindings, leaf: number, wanted: ReadonlySet<string>): Promise<Found> {
  const { db } = bindings;
  const newest = await db
    .prepare("SELECT max(leaf) AS leaf FROM audit_index")
    .first<{ leaf: number | null }>();
  const end = newest?.leaf ?? leaf;
  if (end <= leaf) return { findings: [], until: leaf };
  const { results } = await db
    .prepare(
      `SELECT leaf FROM audit_index WHERE leaf > ?1 AND leaf <= ?2
       AND action IN (SELECT value FROM json_each(?3)) ORDER BY leaf LIMIT ${MOST}`,
    )
    .bind(leaf, end, JSON.stringify([...wanted]))
    .all<{ leaf: number }>();
  const findings: Finding[] = [];
  for (const row of results) {
    const [text] = await auditObject(bindings).leaves(row.leaf, row.leaf + 1);
    if (text !== undefined) findings.push(findingOf(JSON.parse(text) as EventEntry));
  }
  return { findings, until: results.length === MOST ? (results.at(-1)?.leaf ?? end) : end };
}

/** Who did what to what, as far as names are known. */
function findingOf({ id, action, actor, at, person, target, detail }: EventEntry): Finding {
  const { name, email } = detail as { readonly name?: unknown; readonly email?: unknown };
  const what = [name, email, target].find((text) => typeof text === "string");
  const subject = `${person?.email ?? actor} ${meaningOf(action)}: ${String(what)}`;
  return { key: `event:${id}`, event: action, at, subject, page: "audit" };
}

/** An owner is made by several calls (`users.*`, a document, the bootstrap): the history has them all. */
async function ownersSince(db: D1Database, { history }: Cursors): Promise<Found> {
  const newest = await db.prepare("SELECT max(id) AS id FROM history").first<{ id: number | null }>();
  const end = newest?.id ?? history;
  if (end <= history) return { findings: [], until: history };
  const { results } = await db
    .prepare(
      `SELECT id, at, target, name FROM history WHERE id > ?1 AND id <= ?2 AND kind = 'user'
       AND json_extract(after, '$.role') = 'owner' AND json_extract(before, '$.role') IS NOT 'owner'
       ORDER BY id LIMIT ${MOST}`,
    )
    .bind(history, end)
    .all<{ id: number; at: number; target: string; name: string }>();
  const findings = results.map(({ id, at, target, name }) => ({
    key: `owner.new:${id}`,
    event: "owner.new",
    at,
    subject: name,
    page: `people/${target}`,
  }));
  return { findings, until: results.length === MOST ? (results.at(-1)?.id ?? end) : end };
}
