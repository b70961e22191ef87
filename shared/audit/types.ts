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
  /** The person who acted, also when a token acted for them. */
  readonly person?: { readonly id: string; readonly email: string };
  /** Why, in their words. */
  readonly note?: string;
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

/** Some of those who act, or of the apps: by id, by whole name, or by a part of the name; any of them will do. */
export interface Named {
  readonly ids: readonly string[];
  /** Lower case. */
  readonly names: readonly string[];
  /** Lower case. */
  readonly part: string | null;
}

/** What to look for; what is left out selects nothing out. Times are milliseconds since the Unix epoch. */
export interface AuditQuery {
  readonly kinds?: readonly AuditEntry["kind"][];
  readonly decision?: "allow" | "deny";
  /** A stable word of a decision (`default_deny`) or an action (`app.update`), or a part of what it says in words. */
  readonly reason?: string;
  /** Who asked or acted, or to whom something was done. */
  readonly who?: Named;
  readonly app?: Named;
  /** What the path of a request begins with. */
  readonly path?: string;
  /** What something was done to. */
  readonly target?: string;
  readonly since?: number;
  /** Not included. */
  readonly until?: number;
  /** Only rows with a smaller leaf number. */
  readonly cursor?: number;
  readonly limit: number;
}

/** A page of what was found, newest first. */
export interface AuditPage {
  readonly rows: AuditRow[];
  /** The cursor of the page after it; null when everything was looked at. */
  readonly next: number | null;
  /**
   * When the oldest entry was made that was looked at, where the search ended before the page was full; null where it
   * did not. What is older is not known not to match: go on from `next`.
   */
  readonly searchedUntil: number | null;
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
  /** Looks at a bounded number of entries: an answer may be short, and then says until when it looked. */
  query(query: AuditQuery): Promise<AuditPage>;
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
