import type { Session, SessionEndReason } from "../../shared/access/sessions/types.ts";
import { MOST_ENDINGS, markEnded } from "../../shared/registry/ended-sessions.ts";
import { prepareAll } from "../../shared/registry/mesh-change.ts";

/** Records which owner holds a new session, so that the session can be found and ended. */
export async function indexSession(db: D1Database, session: Session, owner: string): Promise<void> {
  await db
    .prepare(
      `INSERT INTO sessions_index (id, kind, owner, user_id, app_id, parent_id, provider_id, ip, user_agent, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .bind(
      session.id,
      session.kind,
      owner,
      session.principal.userId,
      session.appId,
      session.parentId,
      session.authentication.providerId,
      session.ip,
      session.userAgent,
      session.createdAt,
      session.expiresAt,
    )
    .run();
}

/** Records which session this one hangs below now, which provider signed its person in, and until when it lasts. */
export async function indexMoved(db: D1Database, session: Session): Promise<void> {
  await db
    .prepare("UPDATE sessions_index SET parent_id = ?, provider_id = ?, expires_at = ? WHERE id = ?")
    .bind(session.parentId, session.authentication.providerId, session.expiresAt, session.id)
    .run();
}

/**
 * Records in the index that sessions ended. Lists show what the index says. But only the sessions' objects decide
 * whether a session still lives.
 */
export async function indexEnded(
  db: D1Database,
  ids: readonly string[],
  reason: SessionEndReason,
): Promise<void> {
  const at = Date.now();
  for (let from = 0; from < ids.length; from += MOST_ENDINGS) {
    const endings = ids.slice(from, from + MOST_ENDINGS).map((sessionId) => ({ sessionId, reason, at }));
    await db.batch(prepareAll(db, [markEnded(endings)]));
  }
}

/**
 * The sign-in session with this id, and those that the same browser had before and that hang below it. The newest comes
 * first.
 */
export const signInsBelow = (db: D1Database, id: string): Promise<string[]> =>
  idsOf(
    db,
    `WITH RECURSIVE below(id) AS (SELECT ?1 UNION
       SELECT s.id FROM sessions_index s JOIN below ON s.parent_id = below.id WHERE s.kind = 'sign_in')
     SELECT id FROM below`,
    id,
  );

/** All sign-in sessions of the browser that has this one. */
export const signInsOfBrowser = (db: D1Database, id: string): Promise<string[]> =>
  idsOf(
    db,
    `WITH RECURSIVE above(id) AS (SELECT ?1 UNION
       SELECT s.parent_id FROM sessions_index s JOIN above ON s.id = above.id WHERE s.parent_id IS NOT NULL),
     below(id) AS (SELECT id FROM above UNION
       SELECT s.id FROM sessions_index s JOIN below ON s.parent_id = below.id WHERE s.kind = 'sign_in')
     SELECT id FROM below`,
    id,
  );

async function idsOf(db: D1Database, sql: string, id: string): Promise<string[]> {
  const { results } = await db.prepare(sql).bind(id).all<{ id: string }>();
  return results.map((row) => row.id);
}

/** Which sessions are meant: the app sessions under one sign-in session (for one app), or all sessions of a user. */
export type SessionsOf = { readonly parentId: string; readonly appId?: string } | { readonly userId: string };

/** The live sessions and their owners, as far as the index knows them. */
export async function liveSessions(db: D1Database, of: SessionsOf): Promise<{ id: string; owner: string }[]> {
  const [column, value, appId = null] =
    "parentId" in of ? ["parent_id", of.parentId, of.appId] : ["user_id", of.userId];
  const { results } = await db
    .prepare(
      `SELECT id, owner FROM sessions_index
       WHERE ${column} = ?1 AND ended_at IS NULL AND expires_at > ?2 AND (?3 IS NULL OR app_id = ?3)`,
    )
    .bind(value, Date.now(), appId)
    .all<{ id: string; owner: string }>();
  return results;
}

/** The owners of these sessions. Each owner comes once. */
export async function liveOwners(db: D1Database, of: SessionsOf): Promise<string[]> {
  return [...new Set((await liveSessions(db, of)).map(({ owner }) => owner))];
}
