import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { commit, writeKey } from "./commit.ts";

/** The most tokens that are disabled in one round. */
const ROWS = 20;
const DAY_MS = 86_400_000;

/** SQL: the token was not used for as many days as it may be unused. `?1` is now. */
const IS_UNUSED = `enabled = 1 AND unused_days IS NOT NULL
  AND coalesce(last_used_at, created_at) <= ?1 - unused_days * ${DAY_MS}`;

/**
 * Disables service tokens that nobody used for long enough, as an administrator would. A failure for one token never
 * rejects; a later round tries again.
 */
export async function expireUnused(bindings: Bindings, now: number): Promise<void> {
  const { results } = await bindings.db
    .prepare(`SELECT id, name FROM service_tokens WHERE ${IS_UNUSED} ORDER BY id LIMIT ${ROWS}`)
    .bind(now)
    .all<{ id: string; name: string }>();
  for (const token of results) {
    await disable(bindings, token, now).catch((error) =>
      logError("unused_token_not_disabled", error, { token: token.id }),
    );
  }
}

async function disable(
  bindings: Bindings,
  { id, name }: { readonly id: string; readonly name: string },
  now: number,
): Promise<void> {
  // It may have been used a moment ago.
  const statement = bindings.db
    .prepare(
      `UPDATE service_tokens SET enabled = 0, version = version + 1, updated_at = max(updated_at + 1, ?1)
       WHERE id = ?2 AND ${IS_UNUSED}`,
    )
    .bind(now, id);
  const change = {
    statements: [statement],
    effects: {
      event: { action: "service_token.expire_unused", target: id, detail: { name } },
      policies: true,
      userIds: [],
      ends: [],
    },
    body: null,
  };
  await commit(
    bindings,
    { actor: "system" },
    writeKey("system", null, `unused ${id} ${now}`),
    change,
    204,
    now,
  );
}
