import type { NodeStatus } from "../registry/node-status.ts";
import type { Serial } from "./config/types.ts";
import type { judgeHandshake, NewestHandshake, SignedHandshake } from "./handshake-verdict.ts";
import type { Condition, ConfigAnswer, NodeFactsReport, PeerReport } from "./protocol/types.ts";

/** What a segment's object says to the Workers. */

/** `gone`: it is not in the segment any more, and isolates that knew it must be told. */
export type MemberStatus = NodeStatus | "gone";

/** How a node of the segment stands, as an isolate keeps it. */
export interface DirectoryEntry {
  readonly node: string;
  readonly status: NodeStatus;
  /** `<epoch>.<rootVersion>.<counter>.<manifestHash>`, or null while nothing was built for it. */
  readonly etag: string | null;
}

export interface Directory {
  /** Ask again from here. */
  readonly version: number;
  /** `entries` are all there are: forget the others. */
  readonly full: boolean;
  readonly entries: readonly DirectoryEntry[];
  readonly removed: readonly string[];
  readonly pollSeconds: number;
}

/** A node that polled and was told that what it has applied is right. */
export interface SeenNode {
  readonly node: string;
  /** Of the serial that it has applied; null when its poll said nothing of it. */
  readonly counter: number | null;
}

export type HandshakeVerdict =
  | ReturnType<typeof judgeHandshake>
  | Exclude<NodeStatus, "approved">
  | "unknown";

/** A report after it was checked for itself. */
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
  readonly peers: readonly PeerReport[];
  readonly clockSkewMs: number;
  /** What of the report was not taken, and why, in words. */
  readonly leftOut?: readonly string[];
}

/** What a report says that the registry does not know yet. */
export interface ReportedChange {
  readonly endpoints?: readonly string[];
  readonly offeredRoutes?: readonly string[];
  readonly exitNode?: string | null;
}

export type ReportVerdict =
  | { readonly ok: true; readonly change: ReportedChange | null }
  | { readonly ok: false; readonly reason: "replayed" | "applied_ahead" | "unknown" }
  | { readonly ok: false; readonly reason: "too_often"; readonly waitMs: number };

export interface LiveNode {
  readonly online: boolean;
  readonly lastSeenAt: number | null;
  readonly current: boolean;
  readonly appliedSerial: Serial | null;
  readonly applyError: string | null;
  readonly conditions: Condition[];
  readonly facts: NodeFactsReport | null;
  readonly clockSkewMs: number | null;
  /** What of its newest report was not taken, and why, in words. */
  readonly leftOut: readonly string[];
  readonly peers: number;
  readonly directPeers: number;
}

export interface MapNode {
  readonly id: string;
  readonly name: string;
  readonly ipv4: string;
  readonly online: boolean;
  readonly lastSeenAt: number | null;
}

/** As one end sees it. */
export interface MapLink {
  readonly node: string;
  readonly peer: string;
  /** Ids of rules that let traffic out to the peer. */
  readonly allows: readonly string[];
  readonly handshakeAt: number | null;
  readonly path: "direct" | "none" | "unknown";
  readonly bytes: number;
}

export interface SegmentMap {
  readonly nodes: readonly MapNode[];
  readonly links: readonly MapLink[];
  readonly truncated: boolean;
}

/** A change that waits for an administrator. */
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

/** Who of the segment had a node as a peer, and whether they dropped it. */
export interface RevocationReceipt {
  readonly concerned: number;
  readonly acknowledged: number;
  readonly lastAcknowledgedAt: number | null;
  readonly pending: readonly { readonly node: string; readonly name: string; readonly leaseEndsAt: number }[];
  readonly goneAt: number | null;
}

/**
 * RPC of the object `SegmentMesh`, one per segment and named by its id.
 * `fetch` with `Upgrade: websocket` and `?node=<id>` holds the socket that says when a poll is worth it.
 */
export interface SegmentMeshRpc {
  /** Reads what changed in the registry up to the revision and rebuilds what it concerns, before it returns. */
  refresh(revision: number): Promise<void>;
  /** @param seen Nodes that polled since the last call. */
  directory(known: number, seen: readonly SeenNode[]): Promise<Directory>;
  /** @param base Hash of the manifest that the node applied, or null for everything. Null for an unknown node. */
  config(node: string, base: string | null, rootVersion: number): Promise<ConfigAnswer | null>;
  /** Bytes (base64url) of an object that the node's newest manifest leads to; null for every other. */
  object(node: string, hash: string): Promise<string | null>;
  admitHandshake(node: string, made: SignedHandshake): Promise<HandshakeVerdict>;
  /** The newest that was admitted. */
  handshakeOf(node: string): Promise<NewestHandshake>;
  telemetry(node: string, report: CheckedReport): Promise<ReportVerdict>;
  /** Takes one of the node's allowance for what its peers must hear of; else the milliseconds until there is one. */
  claimNews(node: string): Promise<number>;
  live(nodes: readonly string[]): Promise<Readonly<Record<string, LiveNode>>>;
  map(): Promise<SegmentMap>;
  holds(): Promise<readonly Hold[]>;
  /** False when nothing of this revision is held. */
  confirm(revision: number): Promise<boolean>;
  revocation(node: string): Promise<RevocationReceipt>;
}
