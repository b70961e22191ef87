import { deletePending, savePending } from "../../shared/audit/pending-event.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import { prepareAll } from "../../shared/registry/mesh-change.ts";
import { recordEvent, recordEvents } from "./audit.ts";
import type { Bindings } from "./env.ts";
import { logError } from "./log.ts";

/** Entries of the audit log that are saved with their facts: what the log could not be told at once it is told later. */

/** A younger one belongs to a request that is still at work. */
const LEFTOVER_MS = 5_000;
const AT_ONCE = 20;

/** The statement that stands beside those of the fact. */
export const savedEvent = (db: D1Database, entry: EventEntry): D1PreparedStatement =>
  db.prepare(savePending(entry)[0]).bind(...savePending(entry).slice(1));

/** Tells the log what was saved about a target, by this request or by one that failed. Rejects when the log is away. */
export async function settleEvents(bindings: Bindings, target: string): Promise<void> {
  const query = "SELECT entry FROM pending_events WHERE target = ? ORDER BY created_at LIMIT ?";
  const { results } = await bindings.db.prepare(query).bind(target, AT_ONCE).all<{ entry: string }>();
  await tell(bindings, results);
}

/** Tells the log entries that were saved under these ids, in their order. Rejects when the log is away. */
export async function settleEntries(bindings: Bindings, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const list = JSON.stringify(ids);
  const { results } = await bindings.db
    .prepare("SELECT id, entry FROM pending_events WHERE id IN (SELECT value FROM json_each(?))")
    .bind(list)
    .all<{ id: string; entry: string }>();
  const saved = new Map(results.map(({ id, entry }) => [id, JSON.parse(entry) as EventEntry]));
  await recordEvents(
    bindings,
    ids.flatMap((id) => saved.get(id) ?? []),
  );
  await bindings.db
    .prepare("DELETE FROM pending_events WHERE id IN (SELECT value FROM json_each(?))")
    .bind(list)
    .run();
}

/** Tells the log what requests left behind. */
export async function settleLeftEvents(bindings: Bindings, now: number): Promise<void> {
  const query = "SELECT entry FROM pending_events WHERE created_at < ? ORDER BY created_at LIMIT ?";
  const { results } = await bindings.db
    .prepare(query)
    .bind(now - LEFTOVER_MS, AT_ONCE)
    .all<{ entry: string }>();
  await tell(bindings, results);
}

/**
 * Ends something, and records it with what came of it. The record is saved before, so that it is there whatever breaks in
 * between; but the ending waits for nobody.
 *
 * @returns What `work` says to put into the entry.
 */
export async function recordEnding<T extends EventEntry["detail"]>(
  bindings: Bindings,
  entry: EventEntry,
  work: () => Promise<T>,
): Promise<T> {
  const { db } = bindings;
  await savedEvent(db, entry)
    .run()
    .catch((error: unknown) => {
      logError("ending_not_saved", error, { entry: entry.id });
    });
  const detail = await work();
  await savedEvent(db, { ...entry, detail: { ...entry.detail, ...detail } }).run();
  await settleEvents(bindings, entry.target);
  return detail;
}

async function tell(bindings: Bindings, rows: readonly { readonly entry: string }[]): Promise<void> {
  for (const { entry } of rows) {
    const event = JSON.parse(entry) as EventEntry;
    await recordEvent(bindings, event);
    await bindings.db.batch(prepareAll(bindings.db, [deletePending(event.id)]));
  }
}
