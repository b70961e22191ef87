/** The terms and types of sign-in attempts (reference: RFC 6749, 7636, 9207, OpenID Connect Core). */

import type { Need } from "../grade/verified.ts";
import type { OAuthClient } from "../oauth/client.ts";
import type { Claims } from "./claim-at.ts";
import type { Rate } from "./rate.ts";

/** The number of attempt objects. The first random character of the attempt id selects one. */
export const ATTEMPT_SHARDS = 16;
export const ATTEMPT_TTL_MS = 10 * 60_000;
/** The lifetime of the one-time code that carries the sign-in from the auth host to the app's host. */
export const HANDOFF_CODE_TTL_MS = 30_000;

export interface AppAttempt {
  readonly kind: "app";
  readonly appId: string;
  /** The host (with port) that started the attempt. Only this host may redeem it. */
  readonly host: string;
  /** The path and query on the same origin to return to. It is validated before it is stored. */
  readonly returnTo: string;
  /** SHA-256 (base64url) of the secret in the browser's attempt cookie on the app's host. */
  readonly browserHash: string;
  /** What could be seen of the browser that started the attempt: see `clientMark`. */
  readonly clientMark: string;
  /**
   * The person must have signed in at the provider after this time (milliseconds). Null if the time of the
   * sign-in doesn't matter.
   */
  readonly signInAfter: number | null;
  /** What the person must have shown. Null or absent if any sign-in is enough. */
  readonly need?: Need | null;
  /** The app session whose person shows anew who they are. Absent if the attempt makes a new session. */
  readonly raises?: { readonly id: string; readonly owner: string };
  /** The browser must have proven its device after this time (milliseconds). Absent if that doesn't matter. */
  readonly proveAfter?: number;
  /** The other hosts of the app at which the browser is signed in after this one. Absent if this is the first of them. */
  readonly chain?: Chain;
  /** The command line that asks to be signed in. Absent if a browser wants to open an app. */
  readonly commandLine?: CommandLine;
  /** The OAuth client that asks for access to the app. Absent if a browser wants to open it. */
  readonly client?: AskingClient;
}

/** A browser's way through the hosts of one app, each of which gets a session from the same sign-in session. */
export interface Chain {
  /** The sign-in session. In a browser that has another one, the chain ends. */
  readonly signInSessionId: string;
  /** The hosts that come after this one. */
  readonly rest: readonly string[];
  /** Where the browser wanted to go in the first place: a host (with port), and the path there. */
  readonly home: Pick<AppAttempt, "host" | "returnTo">;
}

/** An OAuth client that asks a person for access, and where the answer goes. */
export interface AskingClient extends OAuthClientFacts {
  readonly redirectUri: string;
  readonly state: string | null;
  /** What it asked for, as it is given back with each token. */
  readonly scope: string;
}

/** What is known of an OAuth client when it asks. */
type OAuthClientFacts = Pick<OAuthClient, "id" | "name" | "kind">;

/** A command line that asks to be signed in as a person, and what the person is told about it. */
export interface CommandLine {
  /**
   * How the command line learns the person's answer: from a redirect of the person's browser to a port on the same
   * machine (RFC 8252), or by asking again and again (RFC 8628).
   */
  readonly via: "loopback" | "device";
  /** The name that the machine gives itself. Nobody has checked it. */
  readonly machine: string;
  /** The IP address that asked. */
  readonly address: string;
}

export interface ProviderAttempt {
  readonly kind: "provider";
  readonly providerId: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** SHA-256 of the secret in the browser's attempt cookie on the auth host. */
  readonly browserHash: string;
  /** The app attempt that waits for this sign-in. Null if the sign-in started at the launcher. */
  readonly appAttemptId: string | null;
  /**
   * Whether the person must be asked before the app attempt makes a session, because the attempt may belong
   * to another person.
   */
  readonly askBefore: boolean;
  /** The same meaning as in `AppAttempt`. */
  readonly signInAfter: number | null;
  readonly need?: Need | null;
  /** The page of the auth host that waits if no app attempt does. Absent for the list of apps. */
  readonly goesTo?: string;
  /** The verified answer of the provider, if it reached us before the browser came back. */
  readonly answer?: Claims;
}

/** What a hand-off code stands for: the sign-in session and the facts that it knows. */
export interface Handoff {
  readonly signInSessionId: string;
  readonly signInOwner: string;
  readonly userId: string;
}

/** What an OAuth client says of itself when it shows a code. */
export type ShownClient = Pick<AskingClient, "id" | "redirectUri">;

export type Redeemed =
  | { readonly ok: true; readonly attempt: AppAttempt; readonly handoff: Handoff }
  | {
      readonly ok: false;
      readonly reason:
        | "unknown"
        | "expired"
        | "wrong_browser"
        | "wrong_host"
        | "wrong_client"
        | "wrong_code"
        | "no_code";
      readonly attempt: OwnAttempt | null;
    }
  /** The code was shown before. End the session that was made with it (RFC 9700 §4.5). */
  | {
      readonly ok: false;
      readonly reason: "replayed";
      readonly attempt: OwnAttempt | null;
      readonly sessionId: string | null;
      readonly sessionOwner: string | null;
    };

/** What a command line learns when it asks whether its person has agreed (RFC 8628 §3.5). */
export type Polled =
  | Redeemed
  | { readonly ok: false; readonly reason: "pending" | "refused"; readonly attempt: null };

/** The attempt that a refused code belongs to, and whether this browser started the attempt. */
export interface OwnAttempt {
  readonly attempt: AppAttempt;
  readonly isOwn: boolean;
}

/** A code that was mailed to an address for one provider attempt. */
export interface MailedCode {
  readonly email: string;
  /**
   * The HMAC of the code, with a key that the object doesn't know. A plain hash would not be enough, because
   * all eight-digit codes are quickly tried.
   */
  readonly hash: string;
  readonly expiresAt: number;
  /** How often somebody has tried a code so far. */
  readonly tries: number;
  /** The number of codes made for this attempt so far, including this code. */
  readonly codes: number;
}

/** Why a browser can't continue an attempt. */
export type AttemptFault = "unknown" | "expired" | "wrong_browser" | "used";
export type MailVerdict = "made" | "too_many_codes" | AttemptFault;
export type TriedCode =
  | { readonly ok: true; readonly attempt: ProviderAttempt; readonly email: string }
  | { readonly ok: false; readonly reason: AttemptFault }
  | { readonly ok: false; readonly reason: "wrong_code" | "no_tries_left"; readonly email?: string };

/** The RPC of `LoginAttempts`. The object name is `attempts/<shard>`. Each attempt is consumed exactly once. */
export interface LoginAttemptsRpc {
  start(id: string, attempt: AppAttempt | ProviderAttempt): Promise<void>;
  /** Reads an open app attempt without consuming it. */
  peekApp(id: string): Promise<AppAttempt | null>;
  /**
   * Gives the next attempt of a chain to the browser that came for it, once. Null if another browser has it, or if it is
   * over or none of a chain.
   */
  joinChain(id: string, clientMark: string, browserHash: string): Promise<AppAttempt | null>;
  /** Reads an app attempt, even if it is over. */
  recallApp(id: string): Promise<AppAttempt | null>;
  /** Why a provider attempt was started. Works even if the attempt is over. */
  recallProvider(id: string): Promise<Pick<ProviderAttempt, "providerId" | "appAttemptId"> | null>;
  /** Atomically consumes a provider attempt if the browser's secret matches. */
  takeProvider(id: string, browserHash: string): Promise<ProviderAttempt | AttemptFault>;
  /** Reads a provider attempt that is open and has no answer yet, without consuming it. */
  peekProvider(id: string): Promise<ProviderAttempt | null>;
  /** Stores a verified answer in an attempt. Returns false if the attempt already has an answer, or is over. */
  park(id: string, answer: Claims): Promise<boolean>;
  /** Stores a code for an address in a provider attempt of this browser. Replaces an earlier code. */
  mailCode(id: string, browserHash: string, code: Pick<MailedCode, "email" | "hash">): Promise<MailVerdict>;
  /** Atomically counts a try, and consumes the attempt if the code is right. */
  tryCode(id: string, browserHash: string, codeHash: string): Promise<TriedCode>;
  /** Counts an event for a key, unless there were too many events. Returns the milliseconds to wait, or 0. */
  admit(key: string, rate: Rate): Promise<number>;
  /** Stores the hash of a one-time code in an app attempt. A second grant replaces the first one. */
  grantCode(id: string, codeHash: string, handoff: Handoff): Promise<boolean>;
  /**
   * Atomically consumes the code and the attempt. The code, one of the browser's secrets, and the host must
   * match. The right code is spent when it is first shown, whoever shows it.
   *
   * @param host Null if an OAuth client names no app: the code itself stands for one.
   * @param client Absent if a browser or our command line shows the code.
   */
  redeem(
    id: string,
    codeHash: string,
    browserHashes: readonly string[],
    host: string | null,
    client?: ShownClient,
  ): Promise<Redeemed>;
  /** Ends an app attempt because the person said no. Returns false if the attempt is over. */
  refuse(id: string): Promise<boolean>;
  /** Like `redeem`, for a command line that holds the secret of its attempt and waits for the person's answer. */
  poll(id: string, secretHash: string): Promise<Polled>;
  /** Remembers which session was made with the redeemed code. A replay of the code ends that session. */
  recordSession(id: string, sessionId: string, owner: string): Promise<void>;
  /** Whether a logout token or an assertion was already used. */
  isSpent(jti: string): Promise<boolean>;
  /** Remembers until `expiresAt` that the token was used. Returns false if it was already used. */
  spend(jti: string, expiresAt: number): Promise<boolean>;
}
