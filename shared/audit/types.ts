import type { RequestFacts } from "../access/policy/request.ts";

/** One entry of the audit log. Its canonical JSON is the leaf. */
export type AuditEntry = DecisionEntry | EventEntry;

/** One access decision: the facts it used, what decided, and when. */
export interface DecisionEntry {
  readonly kind: "decision";
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly decision: "allow" | "deny";
  /** Why, as a stable word: `policy`, `default_deny`, `no_session`, an `ErrorCode`, ... */
  readonly reason: string;
  readonly epoch: number;
  readonly appId: string;
  readonly appName: string;
  readonly sessionId: string | null;
  readonly facts: RequestFacts;
  /** Ids of the policies that decided, and of those that erred and were skipped. */
  readonly determining: readonly string[];
  readonly erroring: readonly { readonly id: string; readonly message: string }[];
}

/** Something that an administrator, a user or the system did. */
export interface EventEntry {
  readonly kind: "admin" | "login" | "session" | "system";
  readonly id: string;
  readonly at: number;
  /** Who: `user:usr_…`, `token:tok_…`, `system`. */
  readonly actor: string;
  /** What: `app.create`, `session.end`, ... */
  readonly action: string;
  readonly target: string;
  /** Bounded, no secrets. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A signed statement about the log at one size (RFC 6962 §3.5; note format of C2SP tlog-checkpoint). */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** Base64 of the SHA-256 root. */
  readonly root: string;
  readonly at: number;
  /** The signed note as text: what is published, kept and cosigned. */
  readonly note: string;
}

export interface AuditRow {
  readonly leaf: number;
  readonly entry: AuditEntry;
}

export interface AuditQuery {
  readonly kinds?: readonly AuditEntry["kind"][];
  /** Only decisions of this app, this user (id) or this outcome. */
  readonly appId?: string;
  readonly userId?: string;
  readonly decision?: "allow" | "deny";
  /** Rows with a leaf number below (or, ascending, above) this one. */
  readonly cursor?: number;
  readonly ascending?: boolean;
  readonly limit: number;
}

/** Counts of one time bucket. */
export interface StatsBucket {
  readonly at: number;
  readonly requests: number;
  readonly allows: number;
  readonly denials: number;
  readonly sessionsStarted: number;
  readonly sessionsEnded: number;
}

/**
 * RPC of the one `AuditLog` object, named `audit`.
 * `fetch` with `Upgrade: websocket` and `?after=<leaf>&kinds=decision,admin` follows the log: JSON `AuditRow` frames.
 */
export interface AuditLogRpc {
  /** Durable when it returns. Entries whose id is already in the log are ignored (retries are safe). */
  append(entries: readonly AuditEntry[]): Promise<{ size: number }>;
  query(query: AuditQuery): Promise<{ rows: AuditRow[]; next: number | null }>;
  get(id: string): Promise<AuditRow | null>;
  checkpoint(): Promise<Checkpoint>;
  /** The verification key in C2SP vkey form, and as raw base64. */
  publicKey(): Promise<{ vkey: string; raw: string }>;
  /** RFC 6962 §2.1.1, base64 hashes. */
  inclusionProof(leaf: number, size: number): Promise<{ leafHash: string; proof: string[] }>;
  /** RFC 6962 §2.1.2. */
  consistencyProof(first: number, second: number): Promise<string[]>;
  /** Leaves as canonical JSON text for offline verification, at most 1,000. */
  leaves(from: number, to: number): Promise<string[]>;
  stats(from: number, to: number, stepMs: number): Promise<StatsBucket[]>;
}
