import { nodesToHoldFor } from "./config/hold.ts";
import type { ObjectHash } from "./config/types.ts";

/** Which part of a rebuild is pushed now, and which part waits for an administrator (decision 0007). */

export interface Issue {
  readonly manifest: ObjectHash;
  /** The ids of the node's peers. */
  readonly peers: readonly string[];
}

export interface Rebuilt {
  readonly node: string;
  /** What the node was last given. Null before the first time. */
  readonly before: Issue | null;
  /** Null when the config could not be made. */
  readonly after: Issue | null;
}

/** What the loss of a peer means. */
export interface Standings {
  /** Whether a node is an approved member of the network. */
  isInGoodStanding(node: string): boolean;
  /** Whether something is known of the node that no mistake in a rule explains: what is lost by that may not wait. */
  isUrgent(node: string): boolean;
}

export interface TickPlan {
  readonly publish: readonly { readonly node: string; readonly issue: Issue }[];
  /** The nodes whose newest issue must wait, including all nodes of the same tick. */
  readonly waiting: readonly string[];
  /** The nodes that would lose too many of their peers, which is why the tick waits. Empty when nothing waits. */
  readonly culprits: readonly { readonly node: string; readonly before: number; readonly after: number }[];
  /** Nodes that are not in good standing, each with a member that had the node as a peer and is told now to drop it. */
  readonly dropped: readonly { readonly node: string; readonly member: string }[];
}

/**
 * Plans a tick. A node whose config could not be made keeps its config, except for peers that are not members any more.
 * @param withoutEnded Gives the last issue without the peers that are not members any more, and without what urgent nodes
 *   have lost. It is published even while the rest waits, since neither may wait.
 * @param isConfirmed Whether an administrator wants the change in spite of the peers that it removes.
 */
export function planTick(
  rebuilt: readonly Rebuilt[],
  { isInGoodStanding, isUrgent }: Standings,
  withoutEnded: (node: string, before: Issue) => Issue,
  isConfirmed: boolean,
): TickPlan {
  const changed = rebuilt.flatMap(({ node, before, after }) =>
    after && before?.manifest !== after.manifest ? [{ node, before, after }] : [],
  );
  const unmade = rebuilt.filter(({ after }) => after === null);
  const changes = changed.map(({ node, before, after }) => ({
    node,
    before: before?.peers ?? [],
    after: after.peers,
  }));
  // A contained or urgent node shall lose its peers, so its config neither waits nor makes others wait.
  const mayHold = (node: string) => isInGoodStanding(node) && !isUrgent(node);
  const held = isConfirmed ? [] : nodesToHoldFor(changes, mayHold);
  const withheld = held.length === 0 ? [] : changed.filter(({ node }) => mayHold(node));
  const withoutMore = [...unmade, ...withheld];
  const publish = [
    ...changed
      .filter((change) => !withheld.includes(change))
      .map(({ node, after }) => ({ node, issue: after })),
    ...withoutMore.flatMap(({ node, before }) => reduced(node, before, mayHold, withoutEnded)),
  ];
  const before = new Map(rebuilt.map((change) => [change.node, change.before?.peers ?? []]));
  return {
    publish,
    waiting: withheld.map(({ node }) => node),
    culprits: changes
      .filter(({ node }) => held.includes(node))
      .map(({ node, before: had, after }) => ({ node, before: had.length, after: after.length }))
      .sort((a, b) => a.after / a.before - b.after / b.before),
    dropped: publish.flatMap(({ node: member, issue }) => {
      const kept = new Set(issue.peers);
      return (before.get(member) ?? [])
        .filter((peer) => !kept.has(peer) && !isInGoodStanding(peer))
        .map((node) => ({ node, member }));
    }),
  };
}

function reduced(
  node: string,
  before: Issue | null,
  mayHold: (node: string) => boolean,
  withoutEnded: (node: string, before: Issue) => Issue,
): { node: string; issue: Issue }[] {
  if (!before || [node, ...before.peers].every(mayHold)) return [];
  const issue = withoutEnded(node, before);
  return issue.peers.length === before.peers.length ? [] : [{ node, issue }];
}
