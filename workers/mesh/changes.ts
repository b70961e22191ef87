import * as shared from "../../shared/registry/node-statements.ts";
import type { NodeStatus } from "../../shared/registry/node-status.ts";
import { guard } from "../registry/guards.ts";

/** @param from The statuses that it may have now; another one fails the batch by the guard `node_status`. */
export const setStatus = (
  db: D1Database,
  node: string,
  from: readonly NodeStatus[],
  to: NodeStatus,
  now: number,
): D1PreparedStatement[] => [
  guard(
    db,
    "node_status",
    "EXISTS (SELECT 1 FROM nodes WHERE id = ? AND status IN (SELECT value FROM json_each(?)))",
    node,
    JSON.stringify(from),
  ),
  ...shared.prepareAll(db, shared.setStatus(node, from, to, now)),
];

export const removeNode = (db: D1Database, node: string, now: number): D1PreparedStatement[] =>
  shared.prepareAll(db, shared.removeNode(node, now));
