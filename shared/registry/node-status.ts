/**
 * - `pending`: the node waits until an administrator approves it.
 * - `quarantined`: an administrator must look into the node.
 * - `revoked`: the node is excluded for ever.
 * - `expired`: the node ended by its date or by a logout.
 *
 * Only an approved node is a member. Only members have peers and are peers.
 */
export const NODE_STATUSES = ["pending", "approved", "quarantined", "revoked", "expired"] as const;
export type NodeStatus = (typeof NODE_STATUSES)[number];
