import type { Statement } from "../registry/mesh-change.ts";
import type { EventEntry } from "./types.ts";

/**
 * Saves an entry of the audit log in the same transaction as the fact that it records, so that neither exists
 * without the other. When the log has confirmed the entry, the sender deletes it. Saving an entry again
 * replaces its content.
 */
export const savePending = (entry: EventEntry): Statement => [
  "INSERT OR REPLACE INTO pending_events (id, target, entry, created_at) VALUES (?, ?, ?, ?)",
  entry.id,
  entry.target,
  JSON.stringify(entry),
  entry.at,
];

export const deletePending = (id: string): Statement => ["DELETE FROM pending_events WHERE id = ?", id];
