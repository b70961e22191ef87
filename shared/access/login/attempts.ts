import { constantTimeEqual } from "../../base/base64url.ts";
import type { AppAttempt, Handoff, MailedCode, ProviderAttempt, Redeemed } from "./types.ts";

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
  readonly host: string;
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
  if (attempt.host !== shown.host) return { ...refused, reason: "wrong_host" };
  if (stored.expiresAt <= now || code.expiresAt <= now) return { ...refused, reason: "expired" };
  return { ok: true, attempt, handoff: code.handoff };
}

/**
 * Whether showing the code spends it. A code that came from the wrong browser or host is spent too: somebody
 * may have seen it who can show it in the right browser. A caller without the right code spends nothing, so
 * nobody can break another person's sign-in by guessing.
 */
export function spendsCode(verdict: Redeemed): boolean {
  return verdict.ok || verdict.reason === "wrong_browser" || verdict.reason === "wrong_host";
}

/** Whether an app attempt can still get a code. */
export function isOpen(stored: StoredAttempt | null, now: number): stored is StoredAttempt {
  return stored?.attempt.kind === "app" && !stored.consumed && stored.expiresAt > now;
}
