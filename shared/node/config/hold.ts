/** Decision 0007: a change that takes many peers at once is more often a fault than meant. */
const LEAST_PEERS = 4;
const MOST_LOST = 0.3;

/**
 * Whether a node would lose more than 30 % of the peers that are still members in good standing, of 4 or more. Peers
 * that someone revoked, deleted or let go do not count: those removals are meant.
 */
export function losesTooMany(
  before: readonly string[],
  after: readonly string[],
  isInGoodStanding: (node: string) => boolean,
): boolean {
  const standing = before.filter(isInGoodStanding);
  if (standing.length < LEAST_PEERS) return false;
  const kept = new Set(after);
  const lost = standing.filter((peer) => !kept.has(peer)).length;
  return lost > standing.length * MOST_LOST;
}

export interface PeerChange {
  readonly node: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * The nodes for whose sake the whole tick must wait for an administrator; empty when it may be pushed. A node that is
 * itself not in good standing any more is meant to lose its peers.
 */
export const nodesToHoldFor = (
  changes: readonly PeerChange[],
  isInGoodStanding: (node: string) => boolean,
): readonly string[] =>
  changes
    .filter(
      ({ node, before, after }) => isInGoodStanding(node) && losesTooMany(before, after, isInGoodStanding),
    )
    .map(({ node }) => node);
