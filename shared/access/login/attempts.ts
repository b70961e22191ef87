import { constantTimeEqual } from "../../base/base64url.ts";
import {
  type AppAttempt,
  HANDOFF_CODE_TTL_MS,
  type Handoff,
  type MailedCode,
  type Polled,
  type ProviderAttempt,
  type Redeemed,
  type ShownClient,
} from "./types.ts";

/** A stored attempt. A consumed attempt is kept until it expires, so that a replay is recognised. */
export interface StoredAttempt {
  readonly attempt: AppAttempt | ProviderAttempt;
  readonly expiresAt: number;
  readonly consumed: boolean;
  readonly code: { readonly hash: string; readonly expiresAt: number; readonly handoff: Handoff } | null;
  /** The code that was mailed to the address of this provider attempt. Null for other kinds of sign-in. */
  readonly mailed: MailedCode | null;
  /** The session that was made with the code. */
  readonly session: { readonly id: string; readonly owner: string } | null;
}

/** Whether a callback from the identity provider may consume this attempt. */
export function judgeProviderCallback(
  stored: StoredAttempt | null,
  browserHash: string,
  now: number,
): ProviderAttempt | "unknown" | "expired" | "wrong_browser" | "used" {
  if (stored?.attempt.kind !== "provider") return "unknown";
  if (!constantTimeEqual(stored.attempt.browserHash, browserHash)) return "wrong_browser";
  if (stored.consumed) return "used";
  if (stored.expiresAt <= now) return "expired";
  return stored.attempt;
}

/** What a browser shows to redeem a code. */
export interface ShownCode {
  readonly codeHash: string;
  /**
   * Hashes of the secrets in the browser's cookies for this attempt. There may be several, because a sibling
   * domain can plant cookies.
   */
  readonly browserHashes: readonly string[];
  /** Null if an OAuth client names no app. */
  readonly host: string | null;
  /** The OAuth client that shows the code. */
  readonly client?: ShownClient | undefined;
}

/** Whether a one-time code may be redeemed. The code, the browser and the host must all match. */
export function judgeRedemption(stored: StoredAttempt | null, shown: ShownCode, now: number): Redeemed {
  if (stored?.attempt.kind !== "app") return { ok: false, reason: "unknown", attempt: null };
  const { attempt, code, session } = stored;
  const isOwn = shown.browserHashes.some((hash) => constantTimeEqual(attempt.browserHash, hash));
  const refused = { ok: false, attempt: { attempt, isOwn } } as const;
  if (!code) return { ...refused, reason: "no_code" };
  if (!constantTimeEqual(code.hash, shown.codeHash)) return { ...refused, reason: "wrong_code" };
  // This code was shown before. Its holder has stolen it or lost it to somebody, so the browser is not
  // checked any more.
  if (stored.consumed) {
    return {
      ...refused,
      reason: "replayed",
      sessionId: session?.id ?? null,
      sessionOwner: session?.owner ?? null,
    };
  }
  if (!isOwn) return { ...refused, reason: "wrong_browser" };
  if (!isOfClient(attempt, shown)) return { ...refused, reason: "wrong_client" };
  if (shown.host !== null && attempt.host !== shown.host) return { ...refused, reason: "wrong_host" };
  if (stored.expiresAt <= now || code.expiresAt <= now) return { ...refused, reason: "expired" };
  return { ok: true, attempt, handoff: code.handoff };
}

/** Whether a code comes back from the client that it was made for, or from none if it was made for none. */
function isOfClient({ client }: AppAttempt, shown: ShownCode): boolean {
  if (!client || !shown.client) return client === shown.client;
  return client.id === shown.client.id && client.redirectUri === shown.client.redirectUri;
}

/**
 * Whether showing the code spends it. A code that came from the wrong browser, client or host is spent too: somebody
 * may have seen it who can show it in the right browser. A caller without the right code spends nothing, so
 * nobody can break another person's sign-in by guessing.
 */
export function spendsCode(verdict: Redeemed): boolean {
  return verdict.ok || SPENDING.has(verdict.reason);
}

const SPENDING: ReadonlySet<string> = new Set(["wrong_browser", "wrong_client", "wrong_host"]);

/** Whether an app attempt can still get a code. */
export function isOpen(stored: StoredAttempt | null, now: number): stored is StoredAttempt {
  return stored?.attempt.kind === "app" && !stored.consumed && stored.expiresAt > now;
}

/** The browser of an attempt that no browser has come for. It is the hash of no secret. */
export const NO_BROWSER = "";

/** The attempt of a chain as the browser has it that came for it. Null if this browser can't have it. */
export function joined(
  stored: StoredAttempt | null,
  clientMark: string,
  browserHash: string,
  now: number,
): AppAttempt | null {
  if (!isOpen(stored, now) || stored.attempt.kind !== "app") return null;
  const { attempt } = stored;
  const isFree = attempt.chain !== undefined && attempt.browserHash === NO_BROWSER;
  return isFree && attempt.clientMark === clientMark ? { ...attempt, browserHash } : null;
}

/** The host of attempts whose command line asks for the answer itself. No browser can have this host. */
export const NO_HOST = "";

/**
 * When a code of this attempt stops working. A browser shows its code at once. A command line that asks for the answer
 * may take its time, because its code never leaves this network.
 */
export function codeExpiry({ attempt, expiresAt }: StoredAttempt, now: number): number {
  const asks = attempt.kind === "app" && attempt.commandLine?.via === "device";
  return asks ? expiresAt : now + HANDOFF_CODE_TTL_MS;
}

/**
 * What a command line with this secret is told (RFC 8628 §3.5). Once the person has agreed, the secret is also the
 * one-time code.
 */
export function judgePoll(stored: StoredAttempt | null, secretHash: string, now: number): Polled {
  const verdict = judgeRedemption(
    stored,
    { codeHash: secretHash, browserHashes: [secretHash], host: NO_HOST },
    now,
  );
  if (verdict.ok || verdict.reason !== "no_code" || !verdict.attempt?.isOwn) return verdict;
  if (stored?.consumed) return { ok: false, reason: "refused", attempt: null };
  if (!isOpen(stored, now)) return { ...verdict, reason: "expired" };
  return { ok: false, reason: "pending", attempt: null };
}
