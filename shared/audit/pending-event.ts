import type { Statement } from "../registry/mesh-change.ts";
import type { EventEntry } from "./types.ts";

/**
 * Saves an entry of the audit log in the transaction of the fact that it records, so that neither is ever there without
 * the other. Whoever confirmed it with the log deletes it. Saving an entry again replaces what it says.
 */
export const savePending = (entry: EventEntry): Statement => [
  "INSERT OR REPLACE INTO pending_events (id, target, entry, created_at) VALUES (?, ?, ?, ?)",
  entry.id,
  entry.target,
  JSON.stringify(entry),
  entry.at,
];

export const deletePending = (id: string): Statement => ["DELETE FROM pending_events WHERE id = ?", id];
