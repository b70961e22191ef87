import type { Bindings } from "../platform/env.ts";
import { Refused } from "../platform/refused.ts";
import type { Author, Write } from "./call.ts";
import { commit, type StoredAnswer, type WriteKey } from "./commit.ts";
import { finishSoon } from "./housekeeping.ts";

/**
 * Commits a change. The write goes on if the caller disconnects. If a part of the network can't be reached for a
 * moment, the write is finished soon after. So nothing is left half done.
 */
export function carryThrough(
  ctx: Pick<ExecutionContext, "waitUntil">,
  bindings: Bindings,
  by: Author,
  key: WriteKey,
  change: Write,
  status: number,
  now: number,
): Promise<StoredAnswer> {
  const committed = commit(bindings, by, key, change, status, now);
  ctx.waitUntil(committed.catch((error) => (mayBeSaved(error) ? finishSoon(bindings, key.key) : undefined)));
  return committed;
}

const mayBeSaved = (error: unknown): boolean =>
  !(error instanceof Refused) || error.refusal.code === "unavailable";
