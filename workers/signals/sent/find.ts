import { scoreAt } from "../../../shared/access/risk/score.ts";
import {
  type Outgoing,
  outgoingOf,
  payloadOf,
  setClaims,
  subjectOf,
  TOLD_ACTIONS,
} from "../../../shared/access/signals/outgoing.ts";
import type { EventEntry } from "../../../shared/audit/types.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { Bindings } from "../../platform/env.ts";
import { auditObject } from "../../platform/objects.ts";
import { signalOf, signalsOf } from "../../registry/risk.ts";
import { keepLetter } from "./letters.ts";
import type { Receiver } from "./receivers.ts";

/** Entries of one round; the next takes up what is left. */
const MOST = 100;

/**
 * Looks in the audit log for what receivers want to be told since the last round, and keeps a token for each. Where it
 * looked up to is remembered in the same transaction, so nothing is left out or told twice.
 */
export async function findSignals(
  bindings: Bindings,
  receivers: readonly Receiver[],
  now: number,
): Promise<void> {
  const { db } = bindings;
  const newest = await db
    .prepare("SELECT max(leaf) AS leaf FROM audit_index")
    .first<{ leaf: number | null }>();
  const cursor = await db.prepare("SELECT leaf FROM signal_cursor").first<{ leaf: number }>();
  const end = newest?.leaf ?? -1;
  // Receivers are told of what happens from now on.
  if (cursor === null || receivers.length === 0) return moveTo(db, end).then(() => undefined);
  if (end <= cursor.leaf) return;
  const { results } = await db
    .prepare(
      `SELECT leaf FROM audit_index WHERE leaf > ?1 AND leaf <= ?2
       AND action IN (SELECT value FROM json_each(?3)) ORDER BY leaf LIMIT ${MOST}`,
    )
    .bind(cursor.leaf, end, JSON.stringify(TOLD_ACTIONS))
    .all<{ leaf: number }>();
  const letters: D1PreparedStatement[] = [];
  for (const { leaf } of results) {
    const [text] = await auditObject(bindings).leaves(leaf, leaf + 1);
    if (text !== undefined)
      letters.push(...(await lettersOf(bindings, receivers, JSON.parse(text) as EventEntry, now)));
  }
  const until = results.length === MOST ? (results.at(-1)?.leaf ?? end) : end;
  await db.batch([...letters, moved(db, until)]);
}

const moved = (db: D1Database, leaf: number): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO signal_cursor (one, leaf) VALUES (1, ?1)
       ON CONFLICT (one) DO UPDATE SET leaf = max(leaf, excluded.leaf)`,
    )
    .bind(leaf);

const moveTo = (db: D1Database, leaf: number) => moved(db, leaf).run();

async function lettersOf(
  { db, authOrigin }: Bindings,
  receivers: readonly Receiver[],
  entry: EventEntry,
  now: number,
): Promise<D1PreparedStatement[]> {
  const outgoing = outgoingOf(entry, await userOf(db, entry.target));
  const user = outgoing && (await userToTell(db, outgoing));
  if (!outgoing || !user) return [];
  const score = scoreAt((await signalsOf(db, user.id)).map(signalOf), now);
  const excluding = new Set(user.excludedBy);
  return receivers
    .filter(
      ({ id, events, status }) =>
        events.includes(outgoing.event) && status !== "disabled" && !excluding.has(id),
    )
    .map((receiver) => {
      const jti = `${entry.id}.${receiver.id}`;
      const set = { issuer: authOrigin, audience: receiver.audience, jti, at: now };
      const subject = subjectOf(receiver.subjects, authOrigin, user, outgoing.device);
      const claims = setClaims(set, subject, outgoing.event, payloadOf(outgoing, score));
      return keepLetter(db, { jti, receiverId: receiver.id, event: outgoing.event, claims, at: now });
    });
}

/** Whom something was done to: a person, the person of a session, or the owner of a node. Null for anything else. */
async function userOf(db: D1Database, target: string): Promise<string | null> {
  if (isId("user", target)) return target;
  const query = isId("session", target)
    ? "SELECT user_id FROM sessions_index WHERE id = ?"
    : isId("node", target)
      ? "SELECT user_id FROM nodes WHERE id = ?"
      : null;
  return query && db.prepare(query).bind(target).first<string>("user_id");
}

async function userToTell(db: D1Database, { userId }: Outgoing) {
  const row = await db
    .prepare(
      `SELECT id, email, (SELECT json_group_array(receiver_id) FROM signal_exclusions WHERE user_id = u.id) AS excludedBy
       FROM users u WHERE id = ?`,
    )
    .bind(userId)
    .first<{ id: string; email: string; excludedBy: string }>();
  return row && { ...row, excludedBy: JSON.parse(row.excludedBy) as string[] };
}
