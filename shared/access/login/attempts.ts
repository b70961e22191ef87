import { constantTimeEqual } from "../../base/base64url.ts";
import type { AppAttempt, Handoff, MailedCode, ProviderAttempt, Redeemed } from "./types.ts";

/** A stored attempt. Consumed ones are kept until they expire, so that a replay is recognised. */
export interface StoredAttempt {
  readonly attempt: AppAttempt | ProviderAttempt;
  readonly expiresAt: number;
  readonly consumed: boolean;
  readonly code: { readonly hash: string; readonly expiresAt: number; readonly handoff: Handoff } | null;
  /** What was sent to the person whose address this provider attempt is about; null for other kinds of sign-in. */
  readonly mailed: MailedCode | null;
  /** The session that the code made. */
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
  /** Hashes of the secrets in the browser's cookies of this attempt; a sibling domain can plant some. */
  readonly browserHashes: readonly string[];
  readonly host: string;
}

/** Whether a one-time code may be redeemed. Code, browser and host must all fit. */
export function judgeRedemption(stored: StoredAttempt | null, shown: ShownCode, now: number): Redeemed {
  if (stored?.attempt.kind !== "app") return { ok: false, reason: "unknown", attempt: null };
  const { attempt, code, session } = stored;
  const isOwn = shown.browserHashes.some((hash) => constantTimeEqual(attempt.browserHash, hash));
  const refused = { ok: false, attempt: { attempt, isOwn } } as const;
  if (!code) return { ...refused, reason: "no_code" };
  if (!constantTimeEqual(code.hash, shown.codeHash)) return { ...refused, reason: "wrong_code" };
  // Whoever shows a code that was shown before has stolen it or lost it: the browser does not matter any more.
  if (stored.consumed) {
    return {
      ...refused,
      reason: "replayed",
      sessionId: session?.id ?? null,
      sessionOwner: session?.owner ?? null,
    };
  }
  if (!isOwn) return { ...refused, reason: "wrong_browser" };
  if (attempt.host !== shown.host) return { ...refused, reason: "wrong_host" };
  if (stored.expiresAt <= now || code.expiresAt <= now) return { ...refused, reason: "expired" };
  return { ok: true, attempt, handoff: code.handoff };
}

/**
 * Whether the code is spent by this showing of it. One that reached the wrong browser or host may have been seen by
 * somebody who can show it to the right one. Who does not know the code spends nothing: nobody can spoil another's
 * sign-in by guessing.
 */
export function spendsCode(verdict: Redeemed): boolean {
  return verdict.ok || verdict.reason === "wrong_browser" || verdict.reason === "wrong_host";
}

/** Whether an app attempt can still get a code. */
export function isOpen(stored: StoredAttempt | null, now: number): stored is StoredAttempt {
  return stored?.attempt.kind === "app" && !stored.consumed && stored.expiresAt > now;
}
