import type { Device } from "../access/device/device.ts";
import type { Durations } from "../paths/durations.ts";
import type { Failure } from "../paths/failures.ts";
import type { NodeStatus } from "../registry/node-status.ts";
import type { ObservedFlow } from "../segments/flow-graph.ts";
import type { RuleHits } from "../segments/hits.ts";
import type { Watch } from "../segments/suggest/watch.ts";
import type { Claims } from "./claims.ts";
import type { CheckResult } from "./config/device-check.ts";
import type { Serial } from "./config/types.ts";
import type { judgeHandshake, NewestHandshake, SignedHandshake } from "./handshake-verdict.ts";
import type { HeardAt, Hearing } from "./hearing.ts";
import type { ReachAnswer, ReachQuestion, WhyAnswer, WhyQuestion } from "./mesh/answers.ts";
import type {
  CheckAnswer,
  CheckQuestion,
  DifferenceAnswer,
  DifferenceQuestion,
  MatrixAnswer,
  MatrixQuestion,
} from "./mesh/compared.ts";
import type { PathsOfPair, SegmentPairs } from "./path-view.ts";
import type {
  Condition,
  ConfigAnswer,
  FlowReport,
  HitReport,
  NodeFactsReport,
  PathKind,
  PathMove,
  PathReport,
  PeerReport,
} from "./protocol/types.ts";
import type { RulesetReport, RulesetVerdict } from "./ruleset.ts";

/** The messages between a segment's object and the Workers. */

/** `gone`: the node is not in the segment any more, and isolates that knew it must be told. */
export type MemberStatus = NodeStatus | "gone";

/** The standing of a node of the segment, as an isolate keeps it. */
export interface DirectoryEntry {
  readonly node: string;
  readonly status: NodeStatus;
  /** `<epoch>.<rootVersion>.<counter>.<manifestHash>`. Null while nothing was built for the node. */
  readonly etag: string | null;
}

export interface Directory {
  /** The version to name in the next question. */
  readonly version: number;
  /** `entries` are all entries. The isolate must forget all others. */
  readonly full: boolean;
  readonly entries: readonly DirectoryEntry[];
  readonly removed: readonly string[];
  readonly pollSeconds: number;
}

/** A node that polled and was told that its applied config is right. */
export interface SeenNode {
  readonly node: string;
  /** The counter of the applied serial. Null when the poll did not name it. */
  readonly counter: number | null;
}

export type HandshakeVerdict =
  | ReturnType<typeof judgeHandshake>
  | Exclude<NodeStatus, "approved">
  | "unknown";

/** A report after the checks that need no other data. */
export interface CheckedReport {
  readonly handshake: number;
  readonly sequence: number;
  readonly receivedAt: number;
  readonly applied: { readonly serial: Serial; readonly manifest: string } | null;
  readonly applyError: string | null;
  readonly endpoints?: readonly string[];
  readonly routes?: readonly string[];
  readonly exitNode?: string | null;
  readonly conditions?: readonly Condition[];
  readonly facts?: NodeFactsReport;
  /** The address from which the report came, or null if the platform states none. */
  readonly address: string | null;
  /** The country of that address (ISO 3166-1), or null if the platform states none. */
  readonly country: string | null;
  readonly peers: readonly PeerReport[];
  /** Absent when the report says nothing of flows, or when flows are not reported in this network. */
  readonly flows?: readonly FlowReport[];
  /** Absent under the same conditions as `flows`. */
  readonly hits?: readonly HitReport[];
  readonly ruleset?: RulesetReport | null;
  readonly paths?: readonly PathReport[];
  readonly moves?: readonly PathMove[];
  readonly drifts?: readonly { readonly at: number; readonly steps: readonly string[] }[];
  readonly clockSkewMs: number;
  /** What was left out of the report, and why, in words. */
  readonly leftOut?: readonly string[];
}

/** The part of a report that the registry does not know yet. */
export interface ReportedChange {
  readonly endpoints?: readonly string[];
  readonly offeredRoutes?: readonly string[];
  readonly exitNode?: string | null;
  readonly claims?: Claims;
  readonly country?: string | null;
}

export type ReportVerdict =
  | {
      readonly ok: true;
      readonly change: ReportedChange | null;
      /** How many drifts the audit log must hear of now. 0 for none. */
      readonly drifts: number;
      /** How the ruleset in force compares with what was compiled. Null when nothing was compared. */
      readonly ruleset: RulesetVerdict | null;
      /** Whether the audit log must hear now that it differs. */
      readonly difference: boolean;
      /** Where peers hear the node. */
      readonly heardAt: readonly HeardAt[];
    }
  | { readonly ok: false; readonly reason: "replayed" | "applied_ahead" | "unknown" }
  | { readonly ok: false; readonly reason: "too_often"; readonly waitMs: number };

export interface LiveNode {
  readonly online: boolean;
  readonly lastSeenAt: number | null;
  readonly current: boolean;
  readonly appliedSerial: Serial | null;
  readonly applyError: string | null;
  readonly conditions: Condition[];
  readonly facts: Omit<NodeFactsReport, "checks"> | null;
  /** When the facts were measured, in milliseconds by the hub's clock. */
  readonly factsAt: number | null;
  /** What its segment's machines look for, and what it answered. Null: it did not answer. */
  readonly checks: { readonly check: string; readonly result: CheckResult | null }[];
  readonly clockSkewMs: number | null;
  /** What was left out of the node's newest report, and why, in words. */
  readonly leftOut: readonly string[];
  readonly peers: number;
  readonly directPeers: number;
  readonly relayedPeers: number;
  /** The peers that it hears through the edge relay, and the bytes that the relay carried for it since it enrolled. */
  readonly edge: { readonly peers: number; readonly bytes: number; readonly lastAt: number | null };
  /** How the ruleset in force compared with what was compiled. Null while nothing was compared. */
  readonly ruleset: {
    readonly verdict: RulesetVerdict;
    readonly since: number;
    readonly checkedAt: number;
  } | null;
  /** How often somebody else had changed what protects the node, since it enrolled, and when the hub last heard of it. */
  readonly drifts: { readonly count: number; readonly lastAt: number | null };
}

export interface MapNode {
  readonly id: string;
  readonly name: string;
  readonly ipv4: string;
  readonly online: boolean;
  readonly lastSeenAt: number | null;
}

/** A link as one end sees it. */
export interface MapLink {
  readonly node: string;
  readonly peer: string;
  /** The ids of the rules that let traffic out to the peer. */
  readonly allows: readonly string[];
  readonly handshakeAt: number | null;
  readonly path: PathKind | "none" | "unknown";
  /** How the path in use is, as this end measures it; null: it does not, or the hub does not hear this end. */
  readonly measured: {
    /** Whether the other end answers by it. */
    readonly passes: boolean;
    readonly rttMicros: number | null;
    readonly lossPermille: number | null;
  } | null;
  readonly bytes: number;
}

export interface SegmentMap {
  readonly nodes: readonly MapNode[];
  readonly links: readonly MapLink[];
  readonly truncated: boolean;
}

/**
 * Something that waits for an administrator: a change that many nodes would lose peers by, or configs that could not be
 * made.
 */
export interface Hold {
  readonly revision: number;
  readonly heldAt: number;
  readonly reason: "peer_loss" | "failure";
  readonly detail: string;
  readonly nodes: readonly {
    readonly node: string;
    readonly name: string;
    readonly before: number;
    readonly after: number;
  }[];
}

/** What failed in a segment, those that ended first. */
export interface SegmentFailures {
  readonly failures: readonly Failure[];
  /** How long all lasted that ever ended. */
  readonly durations: Durations;
}

/** The flows that the nodes of a segment reported, those that were seen last first. */
export interface SegmentFlows {
  readonly flows: readonly ObservedFlow[];
  /** There is more than `flows` holds. */
  readonly truncated: boolean;
  /** How many flows were not believed since the segment keeps flows. */
  readonly refused: number;
}

/** What the nodes of a segment counted for each rule. */
export interface SegmentHits {
  /** Only rules that decided something. */
  readonly rules: readonly RuleHits[];
  /** Since when all nodes that count do so without a pause. Null when no node counts. */
  readonly since: number | null;
  readonly counting: number;
  readonly nodes: number;
}

/** The members of the segment that had a node as a peer, and whether each has dropped it. */
export interface RevocationReceipt {
  readonly concerned: number;
  readonly acknowledged: number;
  readonly lastAcknowledgedAt: number | null;
  readonly pending: readonly { readonly node: string; readonly name: string; readonly leaseEndsAt: number }[];
  readonly goneAt: number | null;
}

/**
 * The RPC of the object `SegmentMesh`. There is one object per segment, named by the segment's id. `fetch` with
 * `Upgrade: websocket` and `?node=<id>` opens the socket that says when a poll is worth it.
 */
export interface SegmentMeshRpc {
  /** Reads the changes in the registry up to the revision, and rebuilds the affected configs before it returns. */
  refresh(revision: number): Promise<void>;
  /** @param seen The nodes that polled since the last call. */
  directory(known: number, seen: readonly SeenNode[]): Promise<Directory>;
  /**
   * @param base The hash of the manifest that the node applied. Null asks for everything. The result is null for an
   *   unknown node.
   */
  config(node: string, base: string | null, rootVersion: number): Promise<ConfigAnswer | null>;
  /** The bytes (base64url) of an object that the node's newest manifest leads to. Null for every other object. */
  object(node: string, hash: string): Promise<string | null>;
  /** @param capability What the node's agent understands, by its own word. Its config is made anew when that changed. */
  admitHandshake(node: string, made: SignedHandshake, capability: number): Promise<HandshakeVerdict>;
  /** The newest handshake that was admitted. */
  handshakeOf(node: string): Promise<NewestHandshake>;
  telemetry(node: string, report: CheckedReport): Promise<ReportVerdict>;
  /**
   * Takes one from the node's allowance for news that its peers must hear. Returns 0, or the milliseconds until the
   * next one.
   */
  claimNews(node: string): Promise<number>;
  /**
   * The node as sessions must know it, and the address from which its agent reported last. From now on, the coordinator
   * is told each change, until no session rests on the node any more. Null for a node of another segment.
   */
  device(node: string): Promise<{ readonly device: Device; readonly address: string | null } | null>;
  /** Says that others state something else of the node. */
  deviceStated(node: string): Promise<void>;
  /** Notes where a node of any segment hears nodes of this one. */
  heard(observer: string, hearings: readonly Hearing[]): Promise<void>;
  /**
   * Says whether the edge relay may go on carrying what a node sends to a peer.
   * @param bytes What it carried for the node since the last question.
   */
  edgeLease(node: string, peer: string, bytes: number): Promise<boolean>;
  live(nodes: readonly string[]): Promise<Readonly<Record<string, LiveNode>>>;
  /** @param around Only this node and those that it may talk to; the segment may be another than the node's. */
  map(around?: string): Promise<SegmentMap>;
  /** What the node knows of its paths to a peer. Null when the two are no peers. */
  paths(node: string, peer: string): Promise<PathsOfPair | null>;
  /** The path in use of each pair, as each node of the segment measured it. */
  pairs(): Promise<SegmentPairs>;
  /** How many nodes the segment has, and how many of them the hub hears. */
  presence(): Promise<{ readonly all: number; readonly online: number }>;
  /** What failed, those that ended first. */
  failures(): Promise<SegmentFailures>;
  /** @param around Only the flows of this node. */
  flows(around?: string): Promise<SegmentFlows>;
  /** All flows that are kept, and how far the reports of each node go. */
  watch(): Promise<Watch>;
  /** What the agents of members know of rules, of those that don't know all. */
  olderAgents(): Promise<Readonly<Record<string, number>>>;
  /** Any object can answer these, since each knows the whole network. */
  why(question: WhyQuestion): Promise<WhyAnswer>;
  reach(question: ReachQuestion): Promise<ReachAnswer>;
  difference(question: DifferenceQuestion): Promise<DifferenceAnswer>;
  check(question: CheckQuestion): Promise<CheckAnswer>;
  matrix(question: MatrixQuestion): Promise<MatrixAnswer>;
  hits(): Promise<SegmentHits>;
  holds(): Promise<readonly Hold[]>;
  /** False when nothing of this revision is held. */
  confirm(revision: number): Promise<boolean>;
  revocation(node: string): Promise<RevocationReceipt>;
}
