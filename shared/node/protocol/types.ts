import type { ConfigUpdate, Serial } from "../config/types.ts";

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
 */
export const CAPABILITY = 2;
/** Older agents are told to upgrade. */
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

/** 403 and 401 answers of a hub that knows the session key carry a MAC like every other answer. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;
export const TICKET_LIFETIME_MS = 10 * 60_000;
export const CHALLENGE_LIFETIME_MS = 2 * 60_000;
/** How far behind the highest counter seen a request may arrive. */
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
  /** Opaque: what the hub must know to check the answer, sealed by it. */
  readonly challenge: string;
  /** Encapsulated to the KEM key. */
  readonly kemCiphertext: string;
  /** The hub's ephemeral X25519 key, to agree with the WireGuard key. */
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
  /** Null = could not be told. */
  readonly diskEncrypted: boolean | null;
  readonly firewall: boolean | null;
}

/**
 * What a node says and proves: the statement travels as the bytes that were signed, and is parsed only after its
 * signature held.
 */
export interface SignedStatement {
  /** UTF-8 bytes of a JSON text, base64url. */
  readonly statement: string;
  /** Composite signature over the transcript of the statement's purpose, the hub's origin and the statement. */
  readonly signature: string;
}

/** A statement about new keys, with the MAC under what the challenge gave: proves possession of the KEM and WireGuard key. */
export interface ProvenStatement extends SignedStatement {
  readonly possession: string;
}

/** The statement of `POST /agent/v1/enroll`, a `ProvenStatement`. */
export interface EnrollStatement {
  readonly keys: PublicKeys;
  readonly challenge: string;
  /** Host name as the machine has it; the hub makes a unique label of it. */
  readonly hostname: string;
  /** Prefixes that this node offers to forward to. */
  readonly routes: readonly string[];
  readonly facts: NodeFactsReport;
  readonly time: number;
  /** Encapsulated to the hub's KEM key of the root. */
  readonly hubCiphertext: string;
  /** The enrolment key's secret, sealed under the secret of `hubCiphertext`. */
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
  /** Grows with each handshake and is stored before it is used: a machine whose state was cloned is noticed by it. */
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
  /** The hub's, by which an agent knows what it may say; a hub of capability 1 says none. Not under the confirmation. */
  readonly capability?: number | undefined;
  /** Under the session key over the transcript and this answer: only the holder of the hub's KEM key can make it. */
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
  /** Where the peer's packets come from, or null. */
  readonly endpoint: string | null;
  readonly path: "direct" | "none";
}

/** Something on the node that does not work although its config is in force, such as names that can't be written. */
export interface Condition {
  /** Stable word for programs; `docs/agent.md` has the list. */
  readonly code: string;
  /** What was found, for a person. */
  readonly detail: string;
}

/** `POST /agent/v1/telemetry`, gzip allowed. Absent = unchanged, null = cleared, [] = none. */
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
  /** A `SignedStatement` of a `NodeFactsReport`: posture is the device's word, signed by it. */
  readonly facts?: SignedStatement;
  readonly peers: readonly PeerReport[];
  /** Hub time minus node time. */
  readonly clockSkewMs: number;
}

/**
 * The statement of `POST /agent/v1/keys`, a `ProvenStatement`: rotates the WireGuard and KEM keys. The signing key is
 * the node's identity and stays.
 */
export interface RotateStatement {
  readonly node: string;
  readonly keys: PublicKeys;
  readonly challenge: string;
  readonly time: number;
}

/** Pushed through `GET /agent/v1/socket`: only a hint that a poll is worth it. */
export interface ChangedHint {
  readonly changed: true;
  /** The version of the segment's directory that has the change; a poll that names it is answered by no older one. */
  readonly directory: number;
}

export const WIRE_LIMITS = {
  jsonBytes: 256 * 1024,
  /** Of a report once it is unpacked: room for one of every peer that a node may have. */
  telemetryBytes: 1024 * 1024,
  peersPerReport: 4_096,
  endpoints: 8,
  routes: 32,
  conditions: 16,
  conditionDetail: 300,
  hostname: 253,
  waitSeconds: 25,
} as const;
