import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { commit, writeKey } from "./commit.ts";

/** The most users whose access ends in one round. */
const ROWS = 20;

/**
 * Disables users whose access has expired, as an administrator would: their sessions end and their nodes
 * leave. A failure for one user never rejects; a later round tries again.
 */
export async function expireUsers(bindings: Bindings, now: number): Promise<void> {
  const { results } = await bindings.db
    .prepare(
      `SELECT id FROM users WHERE status = 'active' AND expires_at <= ? AND role IS NOT 'owner'
       ORDER BY expires_at LIMIT ${ROWS}`,
    )
    .bind(now)
    .all<{ id: string }>();
  for (const { id } of results) {
    await expire(bindings, id, now).catch((error) => logError("user_not_expired", error, { user: id }));
  }
}

async function expire(bindings: Bindings, id: string, now: number): Promise<void> {
  const key = writeKey("system", null, `expire ${id}`);
  const statement = bindings.db
    .prepare(
      `UPDATE users SET status = 'disabled', version = version + 1, updated_at = max(updated_at + 1, ?1)
       WHERE id = ?2 AND status = 'active' AND expires_at <= ?1`,
    )
    .bind(now, id);
  const change = {
    statements: [statement],
    effects: {
      event: { action: "user.expire", target: id, detail: {} },
      policies: false,
      userIds: [id],
      ends: [{ filter: { by: "user", id } as const, reason: "user_disabled" as const }],
    },
    body: null,
  };
  await commit(bindings, { actor: "system" }, key, change, 204, now);
}
