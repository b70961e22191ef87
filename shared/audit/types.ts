import type { AccessDecision } from "../access/grade/access.ts";
import type { Decision, RequestFacts } from "../access/policy/request.ts";
import type { Hit, UnexplainedHits } from "./hits.ts";

/** One entry of the audit log. The leaf is its canonical JSON. */
export type AuditEntry = DecisionEntry | EventEntry;

/** One access decision: the facts that it used, what decided, and the time. */
export interface DecisionEntry {
  readonly kind: "decision";
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly decision: "allow" | "deny";
  /** The reason as a stable word: `policy`, `default_deny`, `no_session`, an `ErrorCode`, ... */
  readonly reason: string;
  readonly epoch: number;
  readonly appId: string;
  readonly appName: string;
  readonly sessionId: string | null;
  readonly facts: RequestFacts;
  /**
   * The ids of the policies that decided (`determining`), and the policies that failed and were skipped
   * (`erroring`).
   */
  readonly determining: readonly string[];
  readonly erroring: readonly { readonly id: string; readonly message: string }[];
  /** The versions of the policies that the entry cites, by policy name. Entries of older releases lack it. */
  readonly versions?: Readonly<Record<string, number>>;
  /**
   * What would have been decided if the policies in shadow were in force. Missing if they would have changed
   * neither the decision nor the policies that determine it.
   */
  readonly shadow?: Pick<Decision, "decision" | "determining">;
  /** The entry was too large, and parts of it were cut off. */
  readonly cut?: true;
  /** Missing in entries of an older release, and if no policy was asked. */
  readonly access?: AccessDecision;
}

/** An action of an administrator, a user or the system. */
export interface EventEntry {
  readonly kind: "admin" | "login" | "session" | "system";
  readonly id: string;
  readonly at: number;
  /** Who acted: `user:usr_…`, `token:tok_…`, `system`. */
  readonly actor: string;
  /** The person who acted, even if a token acted for the person. */
  readonly person?: { readonly id: string; readonly email: string };
  /** What acted for the person, in words: `rustronaut on build-7`, `API token ci`. Absent for a browser. */
  readonly via?: string;
  /** The reason in the person's own words. */
  readonly note?: string;
  /** The action: `app.create`, `session.end`, ... */
  readonly action: string;
  readonly target: string;
  /** Limited in size. Contains no secrets. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A signed statement about the log at one size (RFC 6962 §3.5; note format of C2SP tlog-checkpoint). */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** The SHA-256 root in Base64. */
  readonly root: string;
  readonly at: number;
  /** The signed note as text. This text is published, stored and cosigned. */
  readonly note: string;
}

export interface AuditRow {
  readonly leaf: number;
  readonly entry: AuditEntry;
}

/**
 * A selection of callers or apps: by id, by whole name, or by a part of the name. A match with any of these
 * is enough.
 */
export interface Named {
  readonly ids: readonly string[];
  /** In lower case. */
  readonly names: readonly string[];
  /** In lower case. */
  readonly part: string | null;
}

/**
 * The conditions of a search. A missing condition matches every entry. Times are milliseconds since the Unix
 * epoch.
 */
export interface AuditQuery {
  readonly kinds?: readonly AuditEntry["kind"][];
  readonly decision?: "allow" | "deny";
  /** A stable word of a decision (`default_deny`) or an action (`app.update`), or a part of its explanation. */
  readonly reason?: string;
  /** Who asked or acted, or who was affected. */
  readonly who?: Named;
  readonly app?: Named;
  /** The beginning of a request's path. */
  readonly path?: string;
  /** The thing that was affected. */
  readonly target?: string;
  readonly since?: number;
  /** The end of the time. Entries at this time are not included. */
  readonly until?: number;
  /** Only rows with a smaller leaf number. */
  readonly cursor?: number;
  readonly limit: number;
}

/** One page of results, newest first. */
export interface AuditPage {
  readonly rows: AuditRow[];
  /** The cursor of the next page. Null if the search looked at everything. */
  readonly next: number | null;
  /**
   * Set if the search ended before the page was full, otherwise null: the time of the oldest entry that the
   * search looked at. Older entries may match too. Continue from `next`.
   */
  readonly searchedUntil: number | null;
}

/** How often a statement determined decisions in some time. */
export interface Decider {
  /** `<policy name>#<n>` */
  readonly statement: string;
  /** Whether its policy was in shadow: then these are the decisions that it would have determined. */
  readonly isShadow: boolean;
  readonly decisions: number;
  /** Those of them that would have been the opposite. 0 if its policy was not in shadow. */
  readonly changes: number;
  /** The time of the newest of the decisions. */
  readonly lastAt: number;
}

/** A part of the decisions, newest first. */
export interface DecisionTexts {
  /** Canonical JSON of `DecisionEntry`s. */
  readonly texts: readonly string[];
  /** Where the next part begins. Null if there is none. */
  readonly next: number | null;
}

/** The counts of one time bucket. */
export interface StatsBucket {
  readonly at: number;
  readonly requests: number;
  readonly allows: number;
  readonly denials: number;
  readonly sessionsStarted: number;
  readonly sessionsEnded: number;
}

/** Which part of the log somebody wants in its order. */
export interface AuditSliceQuery {
  /** Only entries with a larger leaf number. */
  readonly after: number;
  /** The last leaf number of the part. Null for as much as fits. */
  readonly until: number | null;
  /** Empty for all kinds. */
  readonly kinds: readonly AuditEntry["kind"][];
  /** The most entries, and the most characters of their texts. The first entry comes in any case. */
  readonly entries: number;
  readonly characters: number;
}

export interface AuditSlice {
  /** Entries as canonical JSON. */
  readonly rows: readonly { readonly leaf: number; readonly text: string }[];
  /** No entry up to this leaf number is missing, if there are no rows. */
  readonly until: number;
}

/**
 * The RPC of the only `AuditLog` object, named `audit`. `fetch` with `Upgrade: websocket` and
 * `?after=<leaf>&kinds=decision,admin` follows the log: the frames are `AuditRow`s as JSON.
 */
export interface AuditLogRpc {
  /**
   * When it returns, the entries are stored durably. Entries whose id is already in the log are ignored, so
   * retries are safe.
   */
  append(entries: readonly AuditEntry[]): Promise<{ size: number }>;
  /**
   * Looks at a limited number of entries. An answer may be short; then it says how far back the search
   * looked.
   */
  query(query: AuditQuery): Promise<AuditPage>;
  get(id: string): Promise<AuditRow | null>;
  checkpoint(): Promise<Checkpoint>;
  /** The verification key in C2SP vkey form, and as raw base64. */
  publicKey(): Promise<{ vkey: string; raw: string }>;
  /** RFC 6962 §2.1.1, base64 hashes. */
  inclusionProof(leaf: number, size: number): Promise<{ leafHash: string; proof: string[] }>;
  /** RFC 6962 §2.1.2. */
  consistencyProof(first: number, second: number): Promise<string[]>;
  /** Leaves as canonical JSON text for offline verification. At most 1,000 leaves. */
  leaves(from: number, to: number): Promise<string[]>;
  /** A part of the log in its order, for whoever takes the log along. Entries past their retention are missing. */
  slice(query: AuditSliceQuery): Promise<AuditSlice>;
  stats(from: number, to: number, stepMs: number): Promise<StatsBucket[]>;
  /**
   * The decisions of a time, part by part, for whoever judges all of them again.
   *
   * @param before The `next` of the part before. Null for the newest part.
   */
  decisions(since: number, until: number, before: number | null): Promise<DecisionTexts>;
  /**
   * How often statements determined decisions since a time. Whole days (UTC) are counted.
   *
   * @returns `countedSince`: the time when counting began. Nothing is known about the time before.
   */
  deciders(since: number): Promise<{ countedSince: number; deciders: Decider[] }>;
  /**
   * Looks for the decisions that explain what a node passed on to private apps. What none explains within
   * `EXPLAIN_WITHIN_MS` becomes an event of the log, `connector.unexplained_hits`.
   */
  reconcile(node: string, hits: readonly Hit[]): Promise<void>;
  /** The hits that nothing explained, by app and node. They are counted for a week. */
  unexplainedHits(since: number): Promise<UnexplainedHits[]>;
}
