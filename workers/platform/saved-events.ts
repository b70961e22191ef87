import { deletePending, savePending } from "../../shared/audit/pending-event.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import { prepareAll } from "../../shared/registry/mesh-change.ts";
import { recordEvent, recordEvents } from "./audit.ts";
import type { Bindings } from "./env.ts";
import { logError } from "./log.ts";

/**
 * Entries of the audit log that are saved in the database together with the change that they describe. When the log
 * could not be told at once, it is told later.
 */

/** An entry younger than this (milliseconds) belongs to a request that is still at work. */
const LEFTOVER_MS = 5_000;
const AT_ONCE = 20;

/** The statement that saves the entry. It goes into the same batch as the statements of the change. */
export const savedEvent = (db: D1Database, entry: EventEntry): D1PreparedStatement =>
  db.prepare(savePending(entry)[0]).bind(...savePending(entry).slice(1));

/**
 * Tells the log the saved entries about a target, whether this request or an earlier failed request saved them. Rejects
 * when the log can't be reached.
 */
export async function settleEvents(bindings: Bindings, target: string): Promise<void> {
  const query = "SELECT entry FROM pending_events WHERE target = ? ORDER BY created_at LIMIT ?";
  const { results } = await bindings.db.prepare(query).bind(target, AT_ONCE).all<{ entry: string }>();
  await tell(bindings, results);
}

/** Tells the log the entries that were saved under these ids, in this order. Rejects when the log can't be reached. */
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

/** Tells the log the saved entries that earlier requests left behind. */
export async function settleLeftEvents(bindings: Bindings, now: number): Promise<void> {
  const query = "SELECT entry FROM pending_events WHERE created_at < ? ORDER BY created_at LIMIT ?";
  const { results } = await bindings.db
    .prepare(query)
    .bind(now - LEFTOVER_MS, AT_ONCE)
    .all<{ entry: string }>();
  await tell(bindings, results);
}

/**
 * Ends something, and records it with the result of `work`. The entry is saved before `work` runs, so that a record
 * exists even when something breaks in between. But when the entry can't be saved, `work` runs all the same.
 *
 * @returns What `work` adds to the entry.
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
