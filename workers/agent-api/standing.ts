import type { ErrorCode } from "../../shared/base/errors/catalogue.ts";
import type { DirectoryEntry } from "../../shared/node/segment-mesh.ts";
import type { NodeStatus } from "../../shared/registry/node-status.ts";
import type { Bindings } from "../platform/env.ts";
import { throwRefusal } from "../platform/refused.ts";
import { type NodeStanding, standingOf } from "./directory.ts";
import type { AgentSession } from "./session.ts";

/** Why a node that is not a member is refused, in words for the node. */
export const NOT_APPROVED: Readonly<Record<Exclude<NodeStatus, "approved">, readonly [ErrorCode, string]>> = {
  pending: ["node_pending", "An administrator must approve this node."],
  quarantined: [
    "node_quarantined",
    "Two machines used one state, or the node's owner is disabled. An administrator must look (rustronaut nodes show) and release it (rustronaut nodes release).",
  ],
  revoked: ["node_revoked", "An administrator put this node out. Enrol anew with a new key to come back."],
  expired: ["node_expired", "The node's membership has ended. An administrator can approve it again."],
};

export interface Member extends NodeStanding {
  readonly entry: DirectoryEntry;
}

/**
 * Refuses a node that is not a member now. If the isolate does not know the node, it asks the object before it believes
 * that the node is gone.
 * @param isFresh Asks the segment's object, whatever the isolate knows. It is for requests that change something.
 */
export async function requireMember(
  bindings: Bindings,
  { node, ticket }: AgentSession,
  isFresh = false,
): Promise<Member> {
  let standing = await standingOf(bindings, ticket.segment, node, isFresh);
  if (standing.entry?.status !== "approved" && !isFresh) {
    standing = await standingOf(bindings, ticket.segment, node, true);
  }
  const { entry, pollSeconds } = standing;
  if (!entry) return refuseAbsent(bindings, node);
  if (entry.status !== "approved") throwRefusal(...NOT_APPROVED[entry.status]);
  return { entry, pollSeconds };
}

/**
 * Refuses a node that is not in the segment. A node that moved to another segment only needs a new ticket. A node in no
 * segment was removed.
 */
async function refuseAbsent(bindings: Bindings, node: string): Promise<never> {
  const row = await bindings.db
    .prepare("SELECT status FROM nodes WHERE id = ?")
    .bind(node)
    .first<{ status: NodeStatus }>();
  if (!row)
    return throwRefusal("node_revoked", "The node was removed. Enrol anew with a new key to come back.");
  if (row.status !== "approved") throwRefusal(...NOT_APPROVED[row.status]);
  return throwRefusal("ticket_expired", "The node was moved. Shake hands again.");
}
