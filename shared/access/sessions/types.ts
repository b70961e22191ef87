/** The words and shapes of sessions, shared by the object that owns them and by everyone who asks it. */

/** Location hints of Durable Objects that sessions may live in. */
export const REGIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type Region = (typeof REGIONS)[number];

/** Shards of one segment in one region; a user's sessions there are always in the same one. */
export const SESSION_SHARDS = 16;

/** The segment of the sign-in sessions at the auth host; no registry segment can have this id. */
export const SIGN_IN_SEGMENT = "signin";
/** The built-in app through which administrators use the hub; lives in `SIGN_IN_SEGMENT`. */
export const HUB_APP_ID = "hub";

/** What is known about a user, as of `version`; replaced in live sessions when it changes. */
export interface Principal {
  readonly userId: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string;
  /** Group names: direct membership in the registry plus the identity provider's, not yet transitive. */
  readonly groups: readonly string[];
  readonly role: "owner" | "admin" | "auditor" | null;
  readonly status: "active" | "disabled";
  /** Raised with each change; an older one never replaces a newer one. */
  readonly version: number;
}

/** How the user signed in, from the verified ID token. */
export interface Authentication {
  readonly providerId: string;
  readonly subject: string;
  /** The identity provider's own session id (`sid`), for back-channel logout. */
  readonly providerSid: string | null;
  readonly acr: string | null;
  readonly amr: readonly string[];
  /** Seconds since the Unix epoch. */
  readonly authTime: number;
}

export interface SessionLifetime {
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
}

export type SessionEndReason =
  | "signed_out"
  | "killed_by_admin"
  | "user_disabled"
  | "replaced"
  | "parent_ended"
  | "idle_timeout"
  | "absolute_timeout"
  | "provider_logout"
  | "provider_disabled"
  /** Deleted, or its issuer became another one. */
  | "provider_removed"
  | "code_replayed"
  | "app_deleted"
  | "app_disabled"
  /** To another host or segment. */
  | "app_moved";

/** A live session as its owner object sees it. The secret is never in it, nor its hash. */
export interface Session {
  readonly id: string;
  readonly kind: "sign_in" | "app";
  readonly appId: string | null;
  readonly parentId: string | null;
  readonly parentOwner: string | null;
  readonly principal: Principal;
  readonly authentication: Authentication;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** End of the absolute lifetime; the idle lifetime or someone may end it before. */
  readonly expiresAt: number;
  readonly ip: string;
  readonly userAgent: string;
}

export interface CreateSession {
  readonly id: string;
  readonly kind: "sign_in" | "app";
  readonly secretHash: string;
  readonly appId: string | null;
  readonly parentId: string | null;
  readonly parentOwner: string | null;
  readonly principal: Principal;
  readonly authentication: Authentication;
  readonly lifetime: SessionLifetime;
  /**
   * Exact cap on live sessions of this user in this object for this app, or for signing in; the longest unused is ended
   * to make room.
   */
  readonly maxPerUser: number;
  readonly ip: string;
  readonly userAgent: string;
}

export type CreateOutcome =
  /** `ended` are the ids of the sessions that were ended to make room. */
  | { readonly ok: true; readonly session: Session; readonly ended: string[] }
  /**
   * `stale`: the object can't vouch for its own freshness. `user_disabled`: the user was disabled after the caller
   * looked. `id_taken`: another session, live or ended, has this id or secret.
   */
  | { readonly ok: false; readonly reason: "stale" | "user_disabled" | "id_taken" };

export type Verdict =
  | { readonly ok: true; readonly session: Session; readonly epoch: number }
  | { readonly ok: false; readonly reason: "unknown" | SessionEndReason; readonly epoch: number }
  /** The object can't vouch for its own freshness (the coordinator is away): answer 503. */
  | { readonly ok: false; readonly reason: "stale"; readonly epoch: number };

export type SessionFilter =
  | { readonly by: "session"; readonly id: string }
  | { readonly by: "parent"; readonly id: string }
  | { readonly by: "user"; readonly id: string }
  | { readonly by: "app"; readonly id: string }
  | {
      readonly by: "provider";
      readonly providerId: string;
      readonly subject: string | null;
      readonly sid: string | null;
    };

/**
 * RPC of the `SegmentSessions` object. Its name is `<segment>/<region>/<shard>`.
 * `fetch` with `Upgrade: websocket` and `?session=<id>` opens a kill line: see `KillLineMessage`.
 * With `&epoch=<n>&version=<n>`, the epoch and the principal's version of the caller's last decision, it says nothing
 * until something changes; otherwise, or when one of them is old, the first frame is a `recheck`. An ended session's line says `end` at once; 404 when
 * the session is unknown, 503 when the object can't vouch for itself; open lines are closed with 1013 once it can't.
 */
export interface SegmentSessionsRpc {
  create(input: CreateSession): Promise<CreateOutcome>;
  /**
   * `touch` is false for what must not keep a session alive (background checks). Compares the hash in constant time.
   * A secret that no live session has is answered from what is there: nothing is written, and nobody is asked.
   */
  verify(secretHash: string, appId: string | null, touch: boolean): Promise<Verdict>;
  /** Ends all live sessions that match, cuts their kill lines before it returns, and says which they were. */
  end(filter: SessionFilter, reason: SessionEndReason): Promise<{ ended: string[] }>;
  list(filter: SessionFilter): Promise<Session[]>;
  /**
   * A session that came from this one was used, and so was this one. Returns its idle lifetime in milliseconds, null when
   * it is not live.
   */
  keepAlive(id: string): Promise<number | null>;
  /**
   * From the coordinator: what changed. All kill lines are told to decide anew at a newer epoch, else those of the users
   * that changed.
   */
  refresh(news: News): Promise<Heard>;
}

/** What the coordinator tells one session object. */
export interface News {
  /** The policy epoch: what policies are evaluated with is as new as this. */
  readonly epoch: number;
  /** Every change of a user up to this number is known to whoever learnt this, and what it missed before. */
  readonly sequence: number;
  /** Of the users that the object subscribed to, those that changed. */
  readonly principals: readonly Principal[];
}

/** What a session object answers to news: whom it need not be told of any more, until it subscribes again. */
export interface Heard {
  /** Users of the news that have no session here. */
  readonly absent: readonly string[];
  /** There is no session at all. */
  readonly isIdle: boolean;
}

/** What a session object says over a kill line (JSON text frames). */
export type KillLineMessage =
  /** The session is over: cut the stream now, WebSocket close code as given. */
  | { readonly type: "end"; readonly reason: SessionEndReason; readonly closeCode: 4401 | 4403 | 4408 }
  /** Something a decision depends on changed: decide anew at this epoch, cut with 4403 unless it is an allow. */
  | { readonly type: "recheck"; readonly epoch: number; readonly session: Session };

/** What the gateway says over a kill line: real traffic flowed (at most once per 15 s), or a keep-alive. */
export const KILL_LINE_TOUCH = "touch";
export const KILL_LINE_PING = "ping";
export const KILL_LINE_PONG = "pong";
/** A kill line that is silent or lost for longer than this is a cut. */
export const KILL_LINE_GRACE_MS = 5_000;

/** RPC of the one `NetworkCoordinator` object, named `network`. */
export interface NetworkCoordinatorRpc {
  /** The current policy epoch. */
  epoch(): Promise<number>;
  /**
   * Raises the policy epoch after a change of what policies are evaluated with, and tells every session object, awaited.
   * Objects that could not be told are retried by alarm; `pending` names them.
   */
  publish(): Promise<{ epoch: number; pending: string[] }>;
  /** Tells the session objects that subscribed to these users, awaited, what is known about the users now. Like `publish`. */
  tell(principals: readonly Principal[]): Promise<{ pending: string[] }>;
  /**
   * Tells the objects of these segments, awaited, that the registry of the mesh has reached a revision. Like `publish`, but
   * who is known to have learnt that revision is not told again. `pending` names segments.
   */
  tellMesh(revision: number, segments: readonly string[]): Promise<{ pending: string[] }>;
  /**
   * A session object's freshness check: what changed after sequence `since`, so that a lost push heals itself; with
   * `more`, ask again from there. With `userId` it subscribes to that user first, and learns of a change of the user's in
   * the last minutes, however old its caller's knowledge is. Call it so before the first session of a user is made.
   */
  join(owner: string, since: number, userId?: string): Promise<News & { readonly more: boolean }>;
  /** Ends matching sessions in the named owners, or in all active ones when `owners` is null; retried by alarm. */
  endEverywhere(
    owners: readonly string[] | null,
    filter: SessionFilter,
    reason: SessionEndReason,
  ): Promise<{ ended: string[]; pending: string[] }>;
  /** Assertion keys: the current and the next one, private JWKs, of each algorithm. Made on first use, rotated by alarm. */
  assertionKeys(): Promise<AssertionKeySet>;
}

export interface AssertionKey {
  readonly kid: string;
  readonly alg: "ES256" | "EdDSA";
  /** A private JWK; its public half is what the key set endpoint shows. */
  readonly jwk: Readonly<Record<string, string>>;
  readonly notBefore: number;
  readonly expiresAt: number;
}

export interface AssertionKeySet {
  /** Those that sign now come first; all of them are published. */
  readonly keys: readonly AssertionKey[];
}
