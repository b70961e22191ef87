import { ExpiringMap } from "../../shared/base/bounded-map.ts";
import type { SnapshotServiceToken } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";

/** How exactly (milliseconds) it is known when a token was used. So a busy token costs one write in an hour. */
const STEP_MS = 3_600_000;

/** The tokens whose use this isolate wrote of late. */
const written = new ExpiringMap<string, true>(2_000);

/** Records that a service token was used. It never delays or fails the request. */
export function noteUse(bindings: Bindings, ctx: ExecutionContext, token: SnapshotServiceToken): void {
  const now = Date.now();
  if ((token.lastUsedAt ?? 0) > now - STEP_MS || written.get(token.id, now)) return;
  written.set(token.id, true, now + STEP_MS);
  const write = bindings.db
    .prepare("UPDATE service_tokens SET last_used_at = ?1 WHERE id = ?2 AND coalesce(last_used_at, 0) < ?1")
    .bind(now, token.id)
    .run();
  const again = (error: unknown) => {
    written.delete(token.id);
    logError("token_use_not_recorded", error, { token: token.id });
  };
  ctx.waitUntil(write.then(() => undefined, again));
}
