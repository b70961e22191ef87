import type { Session, SessionEndReason } from "../../shared/access/sessions/types.ts";

/** D1 takes at most 100 bound parameters in one statement. */
const CHUNK = 90;

/** Notes where a new session lives, so that it can be found and ended. */
export async function indexSession(db: D1Database, session: Session, owner: string): Promise<void> {
  await db
    .prepare(
      `INSERT INTO sessions_index (id, kind, owner, user_id, app_id, parent_id, ip, user_agent, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .bind(
      session.id,
      session.kind,
      owner,
      session.principal.userId,
      session.appId,
      session.parentId,
      session.ip,
      session.userAgent,
      session.createdAt,
      session.expiresAt,
    )
    .run();
}

/** Notes that sessions ended. The objects hold the truth; this is what lists show. */
export async function indexEnded(
  db: D1Database,
  ids: readonly string[],
  reason: SessionEndReason,
): Promise<void> {
  const now = Date.now();
  for (let at = 0; at < ids.length; at += CHUNK) {
    const chunk = ids.slice(at, at + CHUNK);
    await db
      .prepare(
        `UPDATE sessions_index SET ended_at = ?, end_reason = ?
         WHERE ended_at IS NULL AND id IN (${chunk.map(() => "?").join(", ")})`,
      )
      .bind(now, reason, ...chunk)
      .run();
  }
}

/** Owners of the live app sessions under one sign-in session, or of all live sessions of a user. */
export async function liveOwners(
  db: D1Database,
  of: { readonly parentId: string } | { readonly userId: string },
): Promise<string[]> {
  const [column, value] = "parentId" in of ? ["parent_id", of.parentId] : ["user_id", of.userId];
  const { results } = await db
    .prepare(
      `SELECT DISTINCT owner FROM sessions_index WHERE ${column} = ? AND ended_at IS NULL AND expires_at > ?`,
    )
    .bind(value, Date.now())
    .all<{ owner: string }>();
  return results.map((row) => row.owner);
}
