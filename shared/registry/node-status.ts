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

/**
 * Whether a node carries datagrams of others:
 * - `drain`: it gets no new pairs, and loses those that it has, one after the other
 */
export const RELAY_ROLES = ["off", "on", "drain"] as const;
export type RelayRole = (typeof RELAY_ROLES)[number];
