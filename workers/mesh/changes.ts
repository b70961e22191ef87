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

/** A statement of a batch in which some change what nodes apply. */
export type ChangeStatement = D1PreparedStatement | Statement | MeshStatement;

/** @param from The statuses that it may have now; another one fails the batch by the guard `node_status`. */
export const setStatus = (
  db: D1Database,
  node: string,
  from: readonly NodeStatus[],
  to: NodeStatus,
  now: number,
): ChangeStatement[] => [
  guard(
    db,
    "node_status",
    "EXISTS (SELECT 1 FROM nodes WHERE id = ? AND status IN (SELECT value FROM json_each(?)))",
    node,
    JSON.stringify(from),
  ),
  shared.setStatus(node, from, to, now),
];

/**
 * Carries out what a node asked for or did: the change and its record in one transaction, then all segments learn it, and
 * then the audit log. What fails after the transaction, `announce` of the next attempt completes.
 *
 * @param event Null for what nodes report all the time.
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

/** Tells the segments of the newest revision, and the audit log what is saved about the target. */
export async function announce(bindings: Bindings, target: string | null): Promise<void> {
  await refreshMesh(bindings);
  if (target !== null) await settleEvents(bindings, target);
}
