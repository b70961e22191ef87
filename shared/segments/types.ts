import type { ComponentRule, Directions } from "../node/config/types.ts";
import type { Expression } from "./criteria/expression.ts";
import type { Isolated } from "./isolation.ts";
import type { DraftLink } from "./links.ts";
import type { PairVerdicts } from "./pair.ts";

/**
 * Facts about nodes, and rules that say which nodes may talk to each other. Everything is denied unless a rule allows
 * it and no rule denies it. The order of rules means nothing.
 */

export interface NodeFacts {
  readonly id: string;
  readonly name: string;
  /** Segment id. */
  readonly segment: string;
  readonly tags: readonly string[];
  /** The e-mail address of the owner. Null when the machine has no owner. */
  readonly user: string | null;
  readonly ipv4: string;
  readonly ipv6: string;
  /** The approved prefixes that this node forwards to. `0.0.0.0/0` and `::/0` make it an exit node. */
  readonly routes: readonly string[];
  /** The id of the exit node that this node asked for. */
  readonly exitNode: string | null;
  /** A quarantined node has no peers. */
  readonly quarantined: boolean;
  /** Ids of the microsegments whose rules name the node, in order. */
  readonly microsegments: readonly string[];
  /** Ids of the microsegments whose denials and isolation hold for the node: those, and those that it is in by a claim. */
  readonly confinedBy: readonly string[];
  /** A contained node is nothing of what rules name, except `quarantine`. Absent: it is not contained. */
  readonly contained?: boolean;
}

export type Selector =
  /** Every node except contained ones. */
  | { readonly kind: "any" }
  /** The contained nodes. */
  | { readonly kind: "quarantine" }
  /** A home segment or a microsegment. */
  | { readonly kind: "segment"; readonly segment: string }
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "user"; readonly user: string }
  | { readonly kind: "node"; readonly node: string }
  /** The addresses behind a subnet router. Its approved route contains the prefix. */
  | { readonly kind: "subnet"; readonly prefix: string }
  /** Everything outside, through the exit node that the source chose. It is only allowed as a destination. */
  | { readonly kind: "internet" };

export interface SegmentRule extends ComponentRule {
  readonly from: readonly Selector[];
  readonly to: readonly Selector[];
  /** What a source must meet for the rule to mean it. */
  readonly when?: Expression;
}

/** One permitted peer as its viewer sees it. */
export interface PeerLink extends Directions {
  readonly peer: string;
  /** What deny rules forbid of the traffic that `inbound` and `outbound` name. Absent when there is nothing. */
  readonly denied?: Directions;
  /** The prefixes reached through the peer. */
  readonly routes: readonly string[];
}

/** All from which the links follow. */
export interface World {
  readonly nodes: ReadonlyMap<string, NodeFacts>;
  /** The rules that people wrote. */
  readonly rules: readonly SegmentRule[];
  readonly microsegments: readonly Isolated[];
}

/** The ids of the nodes whose links may have changed. */
export type Affected = ReadonlySet<string>;

/** The network as a set of indexes. Each change costs as much as the number of nodes that it affects. */
export interface SegmentIndex {
  upsert(node: NodeFacts): Affected;
  remove(node: string): Affected;
  /** Replaces all rules. */
  setRules(rules: readonly SegmentRule[]): Affected;
  /** Replaces what is known of microsegments. The rules that follow from their levels hold beside the others. */
  setMicrosegments(microsegments: readonly Isolated[]): Affected;
  node(id: string): NodeFacts | undefined;
  /** Whether a microsegment with the level `quarantine` confines the node. */
  isInQuarantine(id: string): boolean;
  /** The node's links, ordered by peer id. Empty for an unknown or quarantined node. */
  linksOf(node: string): readonly PeerLink[];
  /** What rules say of each other node, before denials are held against what is allowed. */
  draftsOf(node: string): ReadonlyMap<string, DraftLink>;
  /** The links as they are for an agent with this knowledge of rules. */
  linksKnown(node: string, knowledge: number): readonly PeerLink[];
  /** What the configs say of what the node opens to each other one, as `linksOf` has it. Null for no member. */
  verdictsFrom(node: string): ((destination: string) => PairVerdicts | null) | null;
  /** The nodes that the selector means. Of a subnet: the routers to a part of it; of the Internet: the exit nodes. */
  namedBy(selector: Selector): readonly string[];
  /** The exit node that the node uses. Null if there is none. */
  exitOf(node: string): string | null;
  /** A number for all that rules and levels can tell the node from others by (`kin.ts`). Null for no member. */
  kinOf(node: string): number | null;
  /** The rules that a link of any node of the segment can cite, ordered by id. */
  rulesOf(segment: string): readonly SegmentRule[];
  /** A rule by its id, also one that follows from a microsegment's level. */
  rule(id: string): SegmentRule | undefined;
  /** The nodes on each side of a rule. Exit nodes are not among them. */
  endsOf(rule: string): { readonly from: ReadonlySet<string>; readonly to: ReadonlySet<string> };
  /** What the index was told so far. */
  world(): World;
}
