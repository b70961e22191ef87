import { savePending } from "../../shared/audit/pending-event.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import { type MeshStatement, meshChange, type Statement } from "../../shared/registry/mesh-change.ts";
import * as shared from "../../shared/registry/node-statements.ts";
import type { NodeStatus } from "../../shared/registry/node-status.ts";
import type { Bindings } from "../platform/env.ts";
import { freshId } from "../platform/random.ts";
import { settleEvents } from "../platform/saved-events.ts";
import { guard } from "../registry/guards.ts";
import { inContext } from "../registry/history.ts";
import { refreshMesh } from "./notify.ts";

/** A statement of a batch. Some statements of the batch change what nodes apply. */
export type ChangeStatement = D1PreparedStatement | Statement | MeshStatement;

/**
 * Sets the status of a node.
 * @param from The statuses that the node may have now. With any other status, the guard `node_status` makes the batch
 *   fail.
 * @param isContained Whether a node that is quarantined still gets configs.
 */
export const setStatus = (
  db: D1Database,
  node: string,
  from: readonly NodeStatus[],
  to: NodeStatus,
  now: number,
  isContained = false,
): ChangeStatement[] => [
  guard(
    db,
    "node_status",
    "EXISTS (SELECT 1 FROM nodes WHERE id = ? AND status IN (SELECT value FROM json_each(?)))",
    node,
    JSON.stringify(from),
  ),
  shared.setStatus(node, from, to, now, isContained),
];

/**
 * Carries out a change that a node asked for or made. One transaction holds the change and its record. Then all
 * segments learn of the change, and then the audit log. When something fails after the transaction, the `announce` of
 * the next attempt completes it.
 *
 * @param event The event to record. Null for changes that nodes report all the time.
 */
export async function carryOut(
  bindings: Bindings,
  event: Pick<EventEntry, "actor" | "action" | "target" | "detail"> | null,
  statements: readonly ChangeStatement[],
  now: number,
): Promise<void> {
  const entry: EventEntry | null = event && { kind: "system", id: freshId("audit"), at: now, ...event };
  const all = entry === null ? statements : [...inContext(entry, statements), savePending(entry)];
  await bindings.db.batch(meshChange(bindings.db, all));
  await announce(bindings, event?.target ?? null);
}

/** Tells the segments the newest revision. Then tells the audit log the saved entries about the target. */
export async function announce(bindings: Bindings, target: string | null): Promise<void> {
  await refreshMesh(bindings);
  if (target !== null) await settleEvents(bindings, target);
}
