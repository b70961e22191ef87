import type { CheckReport } from "../config/device-check.ts";
import type { ConfigUpdate, Serial } from "../config/types.ts";
import type { RulesetReport } from "../ruleset.ts";

/**
 * The agent API `/agent/v1` on the wire (`docs/agent-protocol.md`). Bodies are JSON, bytes are base64url, times are
 * milliseconds since the Unix epoch.
 */

/**
 * Grows by one with each change of the wire that the other side can notice. Its history, newest last, of which
 * `docs/agent-protocol.md` is the same for readers (`test/vectors/agent-protocol/calls` has what each number's agents send):
 *
 * | number | date       | since then |
 * | ------ | ---------- | ---------- |
 * | 1      | 2026-11-24 | agents enrol, shake hands, poll, report, rotate keys and leave |
 * | 2      | 2026-11-30 | hints name a `directory`, and polls after them; reports have `conditions`; the hub says its `capability` in a handshake, answers a report with `address` and `leftOut`, and leaves out what it doesn't know of a report and of facts |
 * | 3      | 2026-11-30 | the manifest may have `checks`, and facts their results |
 * | 4      | 2026-11-30 | a component has rules with `effect`, `notBefore`, `notAfter`, `weekly` and `log`, and a peer has `denied`; the hub gives older agents neither, nor what such rules touch; reports have `drifts`, and `flows`, which the hub asks for in its answer to the report before |
 * | 5      | 2026-11-30 | reports have the `ruleset` in force and the `hits` of rules; the answer says when the ruleset `differs` |
 * | 6      | 2026-11-30 | a manifest may have `relay` and `probes`, and a peer `relays`, which older agents are not given; reports have `paths` and `moves`; agents may open a socket to the edge relay, and report the paths `relay` and `edge` of peers; traffic of a component's rules may name requests of ICMP, and the protocol `other`; the hub gives older agents neither, nor what such rules deny; answers to reports have `heardAt` |
 */
export const CAPABILITY = 6;
/** The hub tells older agents to upgrade. */
export const LEAST_CAPABILITY = 1;

export const HEADERS = {
  capability: "rustronaut-capability",
  counter: "rustronaut-counter",
  nonce: "rustronaut-nonce",
  mac: "rustronaut-mac",
  /** Of answers: the hub's clock, in milliseconds. */
  time: "rustronaut-time",
  /** Of a poll that follows a hint: the hint's `directory`. */
  directory: "rustronaut-directory",
} as const;
/** `Authorization: Rustronaut <ticket>`. */
export const TICKET_SCHEME = "Rustronaut";

/** The greatest difference between the time that a node states and the hub's clock, in milliseconds. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;
export const TICKET_LIFETIME_MS = 10 * 60_000;
export const CHALLENGE_LIFETIME_MS = 2 * 60_000;
/** How far a request's counter may be behind the highest counter seen. */
export const COUNTER_WINDOW = 64;

export interface TrustAnswer {
  readonly network: string;
  /** Every root envelope, oldest first. */
  readonly roots: readonly string[];
  readonly hubTime: number;
  readonly capability: { readonly least: number; readonly current: number };
}

export interface PublicKeys {
  /** Composite, 1984 bytes. */
  readonly signing: string;
  /** X25519, 32 bytes. */
  readonly wireguard: string;
  /** X-Wing, 1216 bytes. */
  readonly kem: string;
}

/** The answer of `POST /agent/v1/enroll/challenge`, and of `POST /agent/v1/keys/challenge` for a rotation. */
export interface ChallengeAnswer {
  /** Contains what the hub needs to check the answer. The hub seals it, so it is opaque to the node. */
  readonly challenge: string;
  /** A ciphertext for the KEM key. */
  readonly kemCiphertext: string;
  /** The hub's ephemeral X25519 key, for a key agreement with the WireGuard key. */
  readonly wireguardEphemeral: string;
  readonly expiresAt: number;
  readonly hubTime: number;
}

export interface NodeFactsReport {
  readonly os: string;
  readonly kernel: string;
  readonly agentVersion: string;
  /** Base64url SHA-256 of the running bundle. */
  readonly agentHash: string;
  readonly uptimeSeconds: number;
  /** Null = not known. */
  readonly diskEncrypted: boolean | null;
  readonly firewall: boolean | null;
  /** `ID` and `VERSION_ID` of `/etc/os-release`. An older agent reports none of these four. */
  readonly osId?: string | undefined;
  readonly osVersion?: string | undefined;
  readonly screenLock?: boolean | null | undefined;
  /** By the hub's clock, as far as the node knows it. */
  readonly measuredAt?: number | undefined;
  /** Since capability 3. */
  readonly checks?: readonly CheckReport[] | undefined;
}

/**
 * A statement of a node with its proof. The statement travels as the bytes that were signed. The hub parses it
 * strictly, and uses nothing of it before it has verified the signature.
 */
export interface SignedStatement {
  /** UTF-8 bytes of a JSON text, base64url. */
  readonly statement: string;
  /** Composite signature over the transcript of the statement's purpose, the hub's origin and the statement. */
  readonly signature: string;
}

/**
 * A statement about new keys. Its MAC uses the secret of the challenge, and so proves possession of the KEM and
 * WireGuard keys.
 */
export interface ProvenStatement extends SignedStatement {
  readonly possession: string;
}

/** The statement of `POST /agent/v1/enroll`, a `ProvenStatement`. */
export interface EnrollStatement {
  readonly keys: PublicKeys;
  readonly challenge: string;
  /** The host name of the machine. The hub makes a unique label of it. */
  readonly hostname: string;
  /** The prefixes that this node offers to forward to. */
  readonly routes: readonly string[];
  readonly facts: NodeFactsReport;
  readonly time: number;
  /** A ciphertext for the KEM key of the hub that the root names. */
  readonly hubCiphertext: string;
  /** The secret of the enrolment key, sealed under the secret of `hubCiphertext`. */
  readonly sealedKey: string;
}

export interface EnrollAnswer {
  readonly node: string;
  readonly name: string;
  readonly network: string;
  readonly segment: string;
  readonly status: "approved" | "pending";
  readonly hubTime: number;
}

/** The statement of `POST /agent/v1/handshake`, a `SignedStatement`. */
export interface HandshakeStatement {
  readonly node: string;
  /** Grows with each handshake, and is stored before its use. So the hub notices a machine whose state was cloned. */
  readonly counter: number;
  readonly time: number;
  /** 16 random bytes. */
  readonly nonce: string;
  readonly hubCiphertext: string;
}

export interface HandshakeAnswer {
  readonly ticket: string;
  readonly expiresAt: number;
  readonly hubTime: number;
  readonly pollSeconds: number;
  readonly telemetrySeconds: number;
  /**
   * The hub's capability. It tells an agent what the hub understands. A hub of capability 1 sends none. The
   * confirmation does not cover it.
   */
  readonly capability?: number | undefined;
  /**
   * The MAC under the session key, over the transcript and this answer. Only the holder of the hub's KEM key can make
   * it.
   */
  readonly confirmation: string;
}

/** `GET /agent/v1/config` with `If-None-Match: "<etag>"` of what is applied, and optionally `Prefer: wait=<seconds>`. */
export interface ConfigAnswer extends ConfigUpdate {
  readonly serial: Serial;
  readonly manifest: string;
  readonly pollSeconds: number;
}

export interface PeerReport {
  readonly node: string;
  /** Time of the last WireGuard handshake, or null. */
  readonly handshakeAt: number | null;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** The endpoint that the peer's packets come from, or null. It is null for what comes through the edge relay, too. */
  readonly endpoint: string | null;
  /** Since capability 6, `relay`: by a relay of the config, and `edge`: through the edge relay. */
  readonly path: PathKind | "none";
}

/** Something on the node that does not work although its config is in force, such as names that can't be written. */
export interface Condition {
  /** A stable word for programs. `docs/agent.md` has the list. */
  readonly code: string;
  /** What was found, for a person. */
  readonly detail: string;
}

/**
 * Connections over the tunnel with one protocol and port, as one of their ends saw them. It has no addresses and nothing
 * of what was sent.
 */
export interface FlowReport {
  /** Who opened the connections: `in` is the other side, `out` is this node or a machine behind it. */
  readonly direction: "in" | "out";
  /** The id of the other node, or an overlay address that is no peer's. */
  readonly peer: string;
  /** The approved network behind this node where its side of the connection lies. Null for the node itself. */
  readonly near: string | null;
  /** The network behind the peer. Null for the peer itself. */
  readonly far: string | null;
  /** `tcp`, `udp`, `icmp`, or the name or number of another protocol. */
  readonly protocol: string;
  /** The destination's port. Null for a protocol without ports, and for several ports together. */
  readonly port: number | null;
  readonly verdict: "allowed" | "denied";
  /** How many connections began since the last report that the hub took. */
  readonly count: number;
  /** When the side that opened them last sent a packet. */
  readonly seenAt: number;
}

/**
 * One path to a peer, as its sender measured it.
 *
 * - `well`: the peer answers probes by it
 * - `one_way`: the peer is heard, and does not answer: what this node sends is lost
 * - `silent`: nothing comes from the peer
 * - `unknown`: it is not in use, or the peer answers no probes
 */
export interface PathReport {
  /** The peer's id. */
  readonly peer: string;
  readonly kind: PathKind;
  /** Where the packets go, `address:port` or `[address]:port`. */
  readonly endpoint: string;
  /** The id of the relay, where the path goes by one. */
  readonly relay?: string;
  /** The mean round trip between this node and the relay alone, in microseconds; absent while it answers no probes. */
  readonly halfMicros?: number;
  /** Whether the pair's packets go by it now. */
  readonly inUse: boolean;
  readonly state: PathState;
  /** The mean round trip and the mean deviation from it, in microseconds; null where nothing was answered. */
  readonly rttMicros: number | null;
  readonly jitterMicros: number | null;
  /** How many of a thousand probes were not answered, by the last ones; null where none was sent. */
  readonly lossPermille: number | null;
  /** When the last answer came, by the hub's clock; null: never. */
  readonly measuredAt: number | null;
}

export const PATH_KINDS = ["direct", "relay", "edge"] as const;
export type PathKind = (typeof PATH_KINDS)[number];
export const PATH_STATES = ["well", "one_way", "silent", "unknown"] as const;
export type PathState = (typeof PATH_STATES)[number];

/** A node sends to a peer by another path than before. */
export interface PathMove {
  readonly peer: string;
  /** By the hub's clock. */
  readonly at: number;
  /** The endpoints before and after. */
  readonly from: string | null;
  readonly to: string;
  readonly kind: PathKind;
  readonly why: MoveReason;
}

/**
 * - `failed`: the path in use was silent, and this one was ready
 * - `tried`: the path in use was silent, and this one might answer
 * - `in_vain`: none that was tried answered, so the pair goes back
 * - `better`: this one is better, and was well for a while
 * - `followed`: packets of the peer came from there, and WireGuard followed
 */
export const MOVE_REASONS = ["failed", "tried", "in_vain", "better", "followed"] as const;
export type MoveReason = (typeof MOVE_REASONS)[number];

/** Packets that a rule accepted or dropped at this node since the last report that the hub took. */
export interface HitReport {
  /** The rule's id. */
  readonly rule: string;
  readonly packets: number;
}

/** `POST /agent/v1/telemetry`, gzip allowed. A missing member is unchanged, null clears it, [] = none. */
export interface TelemetryReport {
  readonly at: number;
  /** Grows with each report of a session. */
  readonly sequence: number;
  readonly applied: { readonly serial: Serial; readonly manifest: string } | null;
  /** Why the newest config is not in force, or null. */
  readonly applyError: string | null;
  /** Where this node may be reached, best first. */
  readonly endpoints?: readonly string[] | null;
  readonly routes?: readonly string[] | null;
  /** Id or name of the wanted exit node. */
  readonly exitNode?: string | null;
  readonly conditions?: readonly Condition[] | null;
  /** A `SignedStatement` of a `NodeFactsReport`. The device makes and signs these facts about its posture. */
  readonly facts?: SignedStatement;
  readonly peers: readonly PeerReport[];
  /** When somebody else had changed what protects this node, and which steps mended it. */
  readonly drifts?: readonly { readonly at: number; readonly steps: readonly string[] }[];
  /** The flows that are new or went on. The agent sends them only to a hub whose last answer asked for them. */
  readonly flows?: readonly FlowReport[];
  /** Empty when the node counts and no rule decided anything. Sent under the same condition as `flows`. */
  readonly hits?: readonly HitReport[];
  /** The ruleset that the kernel has. Null when it is not the one that the node wants, or can't be read. */
  readonly ruleset?: RulesetReport | null;
  /** The paths of which something is new since the last report that the hub took: all paths of each such peer. */
  readonly paths?: readonly PathReport[];
  readonly moves?: readonly PathMove[];
  /** Hub time minus node time. */
  readonly clockSkewMs: number;
}

/**
 * The statement of `POST /agent/v1/keys`, a `ProvenStatement`. It rotates the WireGuard and KEM keys. The signing key
 * is the node's identity and does not change.
 */
export interface RotateStatement {
  readonly node: string;
  readonly keys: PublicKeys;
  readonly challenge: string;
  readonly time: number;
}

/** Is pushed through `GET /agent/v1/socket`. It is only a hint that a poll is worth it. */
export interface ChangedHint {
  readonly changed: true;
  /** The version of the segment's directory that contains the change. No older version answers a poll that names it. */
  readonly directory: number;
}

export const WIRE_LIMITS = {
  jsonBytes: 256 * 1024,
  /** The size of a report after it is unpacked. It has room for one entry of every peer that a node may have. */
  telemetryBytes: 1024 * 1024,
  peersPerReport: 4_096,
  flowsPerReport: 512,
  hitsPerReport: 1_024,
  driftsPerReport: 16,
  pathsPerReport: 512,
  movesPerReport: 64,
  endpoints: 8,
  routes: 32,
  conditions: 16,
  conditionDetail: 300,
  hostname: 253,
  waitSeconds: 25,
} as const;
