/**
 * `pending` waits for an administrator, `quarantined` for one to look into it; `revoked` is for good; `expired` ended
 * by its date or by a logout. Only an approved node is a member: has peers and is one.
 */
export const NODE_STATUSES = ["pending", "approved", "quarantined", "revoked", "expired"] as const;
export type NodeStatus = (typeof NODE_STATUSES)[number];
