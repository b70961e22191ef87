import type { ProvenDevice } from "../device/device.ts";
import type { HeldGrant } from "../grants/types.ts";
import type { ClientFacts } from "../policy/request.ts";
import type { RiskSignal } from "../risk/signal.ts";
import type { Seen, Whereabouts } from "../risk/whereabouts.ts";
import type { Heard, News } from "./coordinator.ts";
import type { ParkedRequest, ParkOutcome, Unparked } from "./parked.ts";

/** The terms and types of sessions. The object that owns sessions and all its callers use them. */

/** Location hints of the Durable Objects in which sessions may be stored. */
export const REGIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type Region = (typeof REGIONS)[number];

/** The shards of one segment in one region. All sessions of a user there are in the same shard. */
export const SESSION_SHARDS = 16;

/** The segment of the sign-in sessions at the auth host. No segment of the registry can have this id. */
export const SIGN_IN_SEGMENT = "signin";
/** The built-in app through which administrators use the hub. Its sessions are in `SIGN_IN_SEGMENT`. */
export const HUB_APP_ID = "hub";
/**
 * The built-in app of signed-in command lines. Its sessions are in `SIGN_IN_SEGMENT` too. A command line shows its
 * session as a bearer token, never as a cookie.
 */
export const COMMAND_LINE_APP_ID = "command-line";
/** The ids of the built-in apps are also their names. No app of the registry can have such a name. */
export const BUILT_IN_APPS: readonly string[] = [HUB_APP_ID, COMMAND_LINE_APP_ID];

/** What is known about a user at `version`. A change of the user replaces the principal in live sessions. */
export interface Principal {
  readonly userId: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string;
  /**
   * Group names: the groups of the registry and of the identity provider with the user as a direct member.
   * Groups above those groups are not in the list.
   */
  readonly groups: readonly string[];
  readonly role: "owner" | "admin" | "auditor" | null;
  readonly status: "active" | "disabled";
  /** What speaks for risk about the person, for all sessions. Missing in principals of an older release. */
  readonly risk?: readonly RiskSignal[];
  /** The person's grants, with the time for which each holds. Missing in principals of an older release. */
  readonly grants?: readonly HeldGrant[];
  /** Every change raises the version. An older version never replaces a newer version. */
  readonly version: number;
}

/** What the requests of one session showed. */
export interface SessionRisk {
  readonly signals: readonly RiskSignal[];
  /** Null before the first request that was looked at. */
  readonly whereabouts: Whereabouts | null;
  /** Rises with each change, so that the holder of a kill line can say what it knows. */
  readonly version: number;
}

export const NO_SESSION_RISK: SessionRisk = { signals: [], whereabouts: null, version: 0 };

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
  /** The last passkey ceremony. Missing if there was none. */
  readonly passkey?: PasskeyProof;
}

/** That the person showed a passkey of theirs to us. */
export interface PasskeyProof {
  /** The passkey's id in the registry. */
  readonly keyId: string;
  /** What it showed (RFC 8176). */
  readonly amr: readonly string[];
  /** By our own clock, in seconds since the Unix epoch. */
  readonly at: number;
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
  /** The provider was deleted, or its issuer was changed. */
  | "provider_removed"
  /** A security event of a transmitter asked for it. */
  | "revoked_by_signal"
  /** The passkey that was shown last was removed by its person, or there may be a copy of it. */
  | "passkey_gone"
  | "code_replayed"
  /** The risk rose above what the app or a policy allows. */
  | "risk_above_allowed"
  | "app_deleted"
  | "app_disabled"
  /** The OAuth client that held it was deleted. */
  | "client_removed"
  /** A refresh token was shown twice, so one of the two who showed it stole it. */
  | "token_replayed"
  /** The app moved to another host or segment. */
  | "app_moved";

/** A live session as its owner object sees it. It never contains the secret or the hash of the secret. */
export interface Session {
  readonly id: string;
  readonly kind: "sign_in" | "app";
  readonly appId: string | null;
  /**
   * The one host of the app whose cookie shows the session. Missing if no browser opened it, and in sessions of an older
   * release.
   */
  readonly host?: string;
  /** The sign-in session of an app session. Of a sign-in session: the newer one of the same browser, if there is one. */
  readonly parentId: string | null;
  readonly parentOwner: string | null;
  readonly principal: Principal;
  readonly authentication: Authentication;
  readonly createdAt: number;
  /** When the person last showed anew who they are in this session. Missing if never. */
  readonly raisedAt?: number;
  readonly lastSeenAt: number;
  /** The end of the absolute lifetime. The session may end earlier by its idle lifetime or by a command. */
  readonly expiresAt: number;
  readonly ip: string;
  readonly userAgent: string;
  /** Missing in sessions of an older release. */
  readonly risk?: SessionRisk;
  /** The device that the browser proved to run on. Missing while it proved none. */
  readonly device?: ProvenDevice;
  /** The OAuth client that holds the session. Missing if a browser or our command line does. */
  readonly client?: ClientFacts;
}

/** The session that another one comes from, and its owner. */
export interface Parent {
  readonly id: string;
  readonly owner: string;
}

/** Whether app sessions may hang below this session, which end with it. */
export const mayHaveChildren = ({ kind, appId }: Pick<Session, "kind" | "appId">): boolean =>
  kind === "sign_in" || appId === COMMAND_LINE_APP_ID;

export interface CreateSession {
  readonly id: string;
  readonly kind: "sign_in" | "app";
  readonly secretHash: string;
  readonly appId: string | null;
  readonly host?: string;
  readonly parentId: string | null;
  readonly parentOwner: string | null;
  readonly principal: Principal;
  readonly authentication: Authentication;
  readonly lifetime: SessionLifetime;
  /**
   * The exact cap on live sessions of this user in this object, for this host of the app or for signing in. The session
   * that was unused for the longest time ends to make room.
   */
  readonly maxPerUser: number;
  readonly ip: string;
  readonly userAgent: string;
  /** What the sign-in session showed. So a stolen sign-in can't begin anew with each app. */
  readonly risk?: SessionRisk;
  /** The device that the sign-in session proved. */
  readonly device?: ProvenDevice;
  readonly client?: ClientFacts;
}

/** A session whose person has shown anew who they are. */
export interface RaiseSession {
  readonly id: string;
  readonly userId: string;
  /** The hash of a new secret. The old secret is worth nothing any more, so whoever stole it gains nothing. */
  readonly secretHash: string;
  readonly authentication: Authentication;
  /** The sign-in session that an app session belongs to from now on. Null if that doesn't change. */
  readonly parent: { readonly id: string; readonly owner: string; readonly expiresAt: number } | null;
  /** What is found about the session from now on: the proof answers all that was found before. */
  readonly risk: SessionRisk;
}

export type CreateOutcome =
  /** `ended`: the ids of the sessions that ended to make room. */
  | { readonly ok: true; readonly session: Session; readonly ended: string[] }
  /**
   * - `stale`: the object can't be sure that its own data is fresh.
   * - `user_disabled`: the user was disabled after the caller had read the user.
   * - `id_taken`: another session, live or ended, has this id or secret.
   */
  | { readonly ok: false; readonly reason: "stale" | "user_disabled" | "id_taken" };

export type Verdict =
  /** `unusedMs`: how long the session was not used before this question. */
  | { readonly ok: true; readonly session: Session; readonly epoch: number; readonly unusedMs?: number }
  | { readonly ok: false; readonly reason: "unknown" | SessionEndReason; readonly epoch: number }
  /**
   * The object can't be sure that its own data is fresh, because the coordinator can't be reached. Answer
   * 503.
   */
  | { readonly ok: false; readonly reason: "stale"; readonly epoch: number };

export type Renewal =
  | { readonly ok: true; readonly session: Session }
  /** `replayed`: this question ended the session, whose id is given. */
  | { readonly ok: false; readonly reason: "replayed"; readonly session: Session }
  | { readonly ok: false; readonly reason: "ended" | "stale" };

export type SessionFilter =
  | { readonly by: "session"; readonly id: string }
  /** `appId`: only those for this app, which are the same browser's at its other hosts. */
  | { readonly by: "parent"; readonly id: string; readonly appId?: string }
  | ({ readonly by: "user"; readonly id: string } & SignedIn)
  | { readonly by: "app"; readonly id: string }
  /** The sessions of a user that rest on what was shown with this passkey. */
  | { readonly by: "passkey"; readonly id: string; readonly userId: string }
  /** All sessions that this OAuth client holds. */
  | { readonly by: "client"; readonly id: string }
  /** All sessions of people whom this provider confirmed. */
  | { readonly by: "everyOf"; readonly id: string }
  | ({
      readonly by: "provider";
      readonly providerId: string;
      readonly subject: string | null;
      readonly sid: string | null;
      /** Sessions of the subject whose `sid` is not known are meant, too. */
      readonly orUnknownSid?: true;
    } & SignedIn);

/** Only sessions whose person signed in at the provider until this time, in milliseconds. */
interface SignedIn {
  readonly signedInUntil?: number;
}

/**
 * The RPC of the `SegmentSessions` object. The name of the object is `<segment>/<region>/<shard>`.
 *
 * `fetch` with `Upgrade: websocket` and `?session=<id>` opens a kill line: see `KillLineMessage`. The caller
 * can add `&epoch=<n>&version=<n>&risk=<n>&device=<n>`: the epoch, and the versions of the principal, of the
 * session's risk and of its device, of its last decision. If all are still current, the object sends nothing until something changes. If they are missing or one of them is old,
 * the first frame is a `recheck`.
 *
 * The kill line of an ended session says `end` at once. The answer is 404 for an unknown session, and 503 if
 * the object can't be sure that its data is fresh. Once the object can't be sure any more, it closes open
 * lines with 1013.
 */
export interface SegmentSessionsRpc {
  create(input: CreateSession): Promise<CreateOutcome>;
  /**
   * Notes that the person showed anew who they are, and gives the session another secret. Open streams are judged
   * again. Null if the session is over or another person's.
   */
  raise(input: RaiseSession): Promise<Session | null>;
  /**
   * Puts a sign-in session below the newer one of the same browser, so that it ends together with that one. Null if it
   * is over.
   */
  putBelow(id: string, parent: Parent): Promise<Session | null>;
  /** Keeps a request of a live session until it is taken, the session ends, or it waited for too long. */
  park(request: ParkedRequest): Promise<ParkOutcome>;
  /** The sealed head of a request that waits. Changes nothing. */
  peekParked(sessionId: string, hash: string): Promise<Unparked<ArrayBuffer>>;
  /** Atomically gives a request away, once. */
  takeParked(sessionId: string, hash: string): Promise<Unparked<Pick<ParkedRequest, "head" | "body">>>;
  /**
   * `touch` is false for requests that must not keep a session alive (background checks). The hash is
   * compared in constant time. For a secret without a live session, the object answers from the data it has:
   * it writes nothing and asks no other object.
   *
   * @param seen What the request shows of its sender. The object looks for risk in it.
   */
  verify(secretHash: string, appId: string | null, touch: boolean, seen?: Seen): Promise<Verdict>;
  /**
   * Counts that the session's refresh token with this number was shown, atomically. Each number is good once: a number
   * that was shown before ends the session (RFC 9700 §4.14.2).
   */
  renew(secretHash: string, appId: string, number: number): Promise<Renewal>;
  /**
   * Ends all live sessions that match the filter, and returns their ids. Cuts their kill lines before it
   * returns.
   */
  end(filter: SessionFilter, reason: SessionEndReason): Promise<{ ended: string[] }>;
  /**
   * The browser of this session proved that it runs on a device. False when the session is not live, or when the object
   * can't be sure to hear of changes of the device.
   */
  bindDevice(id: string, proven: ProvenDevice): Promise<boolean>;
  list(filter: SessionFilter): Promise<Session[]>;
  /** The live ones of these sessions. */
  find(ids: readonly string[]): Promise<Session[]>;
  /**
   * Tells this session that a session made from it was used, so this session counts as used too. Returns the
   * idle lifetime of this session in milliseconds, or null if this session is not live.
   */
  keepAlive(id: string): Promise<number | null>;
  /**
   * The coordinator calls this to tell what changed. If the epoch is newer, all kill lines are told to decide
   * again. Otherwise only the kill lines of the changed users are told.
   */
  refresh(news: News): Promise<Heard>;
}
