/** The words and shapes of sign-in attempts (reference: RFC 6749, 7636, 9207, OpenID Connect Core). */

import type { Claims } from "./claim-at.ts";
import type { Rate } from "./rate.ts";

/** Attempt objects; the attempt id's first random character picks one. */
export const ATTEMPT_SHARDS = 16;
export const ATTEMPT_TTL_MS = 10 * 60_000;
/** Of the one-time code that carries the sign-in from the auth host to the app's host. */
export const HANDOFF_CODE_TTL_MS = 30_000;

export interface AppAttempt {
  readonly kind: "app";
  readonly appId: string;
  /** Host (with port) that started it and alone may redeem it. */
  readonly host: string;
  /** Same-origin path and query to return to; validated before it is stored. */
  readonly returnTo: string;
  /** SHA-256 (base64url) of the secret in the browser's attempt cookie on the app's host. */
  readonly browserHash: string;
  /** What could be seen of the browser that began it: see `clientMark`. */
  readonly clientMark: string;
  /** The person must have signed in at the provider after this moment (milliseconds); null where any sign-in will do. */
  readonly signInAfter: number | null;
}

export interface ProviderAttempt {
  readonly kind: "provider";
  readonly providerId: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** SHA-256 of the secret in the browser's attempt cookie on the auth host. */
  readonly browserHash: string;
  /** The app attempt that waits for this sign-in, or null when it started at the launcher. */
  readonly appAttemptId: string | null;
  /** The person must be asked before the app attempt ends in a session: it may be another's. */
  readonly askBefore: boolean;
  /** As in `AppAttempt`. */
  readonly signInAfter: number | null;
  /** What the provider said, verified, where its answer reached us before the browser did. */
  readonly answer?: Claims;
}

/** What a hand-off code is worth: the sign-in session and what it knows. */
export interface Handoff {
  readonly signInSessionId: string;
  readonly signInOwner: string;
  readonly userId: string;
}

export type Redeemed =
  | { readonly ok: true; readonly attempt: AppAttempt; readonly handoff: Handoff }
  | {
      readonly ok: false;
      readonly reason: "unknown" | "expired" | "wrong_browser" | "wrong_host" | "wrong_code" | "no_code";
      readonly attempt: OwnAttempt | null;
    }
  /** The code was shown before: end the session that it made (RFC 9700 §4.5). */
  | {
      readonly ok: false;
      readonly reason: "replayed";
      readonly attempt: OwnAttempt | null;
      readonly sessionId: string | null;
      readonly sessionOwner: string | null;
    };

/** The attempt that a refused code belongs to, and whether this browser began it. */
export interface OwnAttempt {
  readonly attempt: AppAttempt;
  readonly isOwn: boolean;
}

/** A code that was sent to an address for one provider attempt. */
export interface MailedCode {
  readonly email: string;
  /** HMAC of the code under a key that the object does not know: eight digits are soon guessed from a plain hash. */
  readonly hash: string;
  readonly expiresAt: number;
  /** Codes that were shown for it so far. */
  readonly tries: number;
  /** Codes made for this attempt so far, this one included. */
  readonly codes: number;
}

/** Why a browser can't go on with an attempt. */
export type AttemptFault = "unknown" | "expired" | "wrong_browser" | "used";
export type MailVerdict = "made" | "too_many_codes" | AttemptFault;
export type TriedCode =
  | { readonly ok: true; readonly attempt: ProviderAttempt; readonly email: string }
  | { readonly ok: false; readonly reason: AttemptFault }
  | { readonly ok: false; readonly reason: "wrong_code" | "no_tries_left"; readonly email?: string };

/** RPC of `LoginAttempts`, object name `attempts/<shard>`. Each attempt is consumed exactly once. */
export interface LoginAttemptsRpc {
  start(id: string, attempt: AppAttempt | ProviderAttempt): Promise<void>;
  /** Reads an app attempt that is open, without consuming it. */
  peekApp(id: string): Promise<AppAttempt | null>;
  /** Reads an app attempt, also one that is over. */
  recallApp(id: string): Promise<AppAttempt | null>;
  /** What a provider attempt was started for, also one that is over. */
  recallProvider(id: string): Promise<Pick<ProviderAttempt, "providerId" | "appAttemptId"> | null>;
  /** Atomically consumes a provider attempt if the browser's secret fits. */
  takeProvider(id: string, browserHash: string): Promise<ProviderAttempt | AttemptFault>;
  /** Reads a provider attempt that is open and not answered yet, without consuming it. */
  peekProvider(id: string): Promise<ProviderAttempt | null>;
  /** Puts a verified answer into an attempt; false where there is one already, or the attempt is over. */
  park(id: string, answer: Claims): Promise<boolean>;
  /** Puts a code for an address into a provider attempt of this browser, in place of an earlier one. */
  mailCode(id: string, browserHash: string, code: Pick<MailedCode, "email" | "hash">): Promise<MailVerdict>;
  /** Atomically counts a try, and consumes the attempt when the code is right. */
  tryCode(id: string, browserHash: string, codeHash: string): Promise<TriedCode>;
  /** Counts that something happens to a key, unless it happened too often; returns the milliseconds to wait, or 0. */
  admit(key: string, rate: Rate): Promise<number>;
  /** Stores the hash of a one-time code in an app attempt; a second grant replaces the first. */
  grantCode(id: string, codeHash: string, handoff: Handoff): Promise<boolean>;
  /**
   * Atomically consumes code and attempt: needs code, one of the browser's secrets, and host to fit. The right code is
   * spent when it is first shown, whoever shows it.
   */
  redeem(id: string, codeHash: string, browserHashes: readonly string[], host: string): Promise<Redeemed>;
  /** Remembers which session the redeemed code made, for the case of a replay. */
  recordSession(id: string, sessionId: string, owner: string): Promise<void>;
  /** Whether a logout token or an assertion was done before. */
  isSpent(jti: string): Promise<boolean>;
  /** Remembers until `expiresAt` that the token was done; false where it was done before. */
  spend(jti: string, expiresAt: number): Promise<boolean>;
}
