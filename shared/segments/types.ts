import type { Grant, Traffic } from "../node/config/types.ts";

/** Who may talk to whom: facts about nodes, and rules between them. Nothing is allowed that no rule allows. */

export interface NodeFacts {
  readonly id: string;
  readonly name: string;
  /** Segment id. */
  readonly segment: string;
  readonly tags: readonly string[];
  /** E-mail address of the owner, or null for a machine that belongs to nobody. */
  readonly user: string | null;
  readonly ipv4: string;
  readonly ipv6: string;
  /** Approved prefixes that this node forwards to; `0.0.0.0/0` and `::/0` make it an exit node. */
  readonly routes: readonly string[];
  /** The exit node that this node asked for, by id. */
  readonly exitNode: string | null;
  /** A quarantined node has no peers. */
  readonly quarantined: boolean;
}

export type Selector =
  | { readonly kind: "any" }
  | { readonly kind: "segment"; readonly segment: string }
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "user"; readonly user: string }
  | { readonly kind: "node"; readonly node: string }
  /** Addresses behind a subnet router whose approved route contains the prefix. */
  | { readonly kind: "subnet"; readonly prefix: string }
  /** Everything outside, through the exit node that the source chose. A destination only. */
  | { readonly kind: "internet" };

export interface SegmentRule {
  readonly id: string;
  readonly name: string;
  readonly from: readonly Selector[];
  readonly to: readonly Selector[];
  readonly traffic: readonly Traffic[];
}

/** One permitted peer as its viewer sees it. */
export interface PeerLink {
  readonly peer: string;
  readonly inbound: readonly Grant[];
  readonly outbound: readonly Grant[];
  /** Prefixes reached through the peer. */
  readonly routes: readonly string[];
}

/** Ids of the nodes whose links may be other than before. */
export type Affected = ReadonlySet<string>;

/** The network as indexes: each change costs as much as the nodes that it concerns. */
export interface SegmentIndex {
  upsert(node: NodeFacts): Affected;
  remove(node: string): Affected;
  /** Replaces all rules. */
  setRules(rules: readonly SegmentRule[]): Affected;
  node(id: string): NodeFacts | undefined;
  /** Ordered by peer id. Empty for an unknown or quarantined node. */
  linksOf(node: string): readonly PeerLink[];
  /** The rules that any link of a node of the segment can cite, ordered by id. */
  rulesOf(segment: string): readonly SegmentRule[];
}
