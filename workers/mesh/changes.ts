import { ADDRESS_HOLD_MS } from "../../shared/registry/addresses.ts";
import type { NodeStatus } from "../../shared/registry/node-status.ts";
import { guard } from "../registry/guards.ts";
import { nextRevision, REVISION } from "./state.ts";

/** Statements of one batch that change how a node stands. Each list begins with a new revision. */

/** @param from The statuses that it may have now; another one fails the batch by the guard `node_status`. */
export function setStatus(
  db: D1Database,
  node: string,
  from: readonly NodeStatus[],
  to: NodeStatus,
  now: number,
): D1PreparedStatement[] {
  const isMember = to === "approved";
  return [
    guard(
      db,
      "node_status",
      "EXISTS (SELECT 1 FROM nodes WHERE id = ? AND status IN (SELECT value FROM json_each(?)))",
      node,
      JSON.stringify(from),
    ),
    nextRevision(db),
    db
      .prepare(
        `UPDATE nodes SET
           ended_revision = ${isMember ? "NULL" : `CASE WHEN status = 'approved' THEN ${REVISION} ELSE ended_revision END`},
           ended_at = ${isMember ? "NULL" : "CASE WHEN status = 'approved' THEN ?2 ELSE ended_at END"},
           ${isMember ? "expires_at = CASE WHEN expires_at <= ?2 THEN NULL ELSE expires_at END," : ""}
           status = ?3, revision = ${REVISION}, version = version + 1, updated_at = ?2
         WHERE id = ?1`,
      )
      .bind(node, now, to),
  ];
}

/** The node is gone: its name is free, its address rests. */
export function removeNode(db: D1Database, node: string, now: number): D1PreparedStatement[] {
  return [
    nextRevision(db),
    db
      .prepare(
        `INSERT INTO address_holds (node_id, node_name, segment_id, address_index, until, ended_at, revision)
         SELECT id, name, segment_id, address_index, ?, coalesce(ended_at, ?), ${REVISION} FROM nodes WHERE id = ?`,
      )
      .bind(now + ADDRESS_HOLD_MS, now, node),
    db.prepare("DELETE FROM nodes WHERE id = ?").bind(node),
  ];
}
