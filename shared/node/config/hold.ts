/** Decision 0007: a change that removes many peers at once is more often a mistake than intended. */
const LEAST_PEERS = 4;
const MOST_LOST = 0.3;

/**
 * Whether a node would lose more than 30 % of its peers, if it has 4 or more. Only peers that are members in good
 * standing count. An administrator removes the other peers on purpose, by a revocation or a deletion.
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
 * The nodes because of which the whole tick must wait for an administrator. Empty when the tick may be pushed. A node
 * that is not in good standing itself does not count, since it should lose its peers.
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
