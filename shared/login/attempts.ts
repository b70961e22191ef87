import { constantTimeEqual } from "../encoding.ts";
import type { AppAttempt, Handoff, ProviderAttempt, Redeemed } from "./types.ts";

/** A stored attempt. Consumed ones are kept until they expire, so that a replay is recognised. */
export interface StoredAttempt {
  readonly attempt: AppAttempt | ProviderAttempt;
  readonly expiresAt: number;
  readonly consumed: boolean;
  readonly code: { readonly hash: string; readonly expiresAt: number; readonly handoff: Handoff } | null;
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

/**
 * Whether a one-time code may be redeemed. Code, browser and host must all fit; what does not fit consumes
 * nothing, so that nobody can spoil another's sign-in by guessing.
 */
export function judgeRedemption(
  stored: StoredAttempt | null,
  given: { readonly codeHash: string; readonly browserHash: string; readonly host: string },
  now: number,
): Redeemed {
  if (stored?.attempt.kind !== "app") return { ok: false, reason: "unknown" };
  const { attempt, code, session } = stored;
  if (!code) return { ok: false, reason: "no_code" };
  if (!constantTimeEqual(code.hash, given.codeHash)) return { ok: false, reason: "wrong_code" };
  // Whoever shows a code that was used before has stolen it or lost it: the browser does not matter any more.
  if (stored.consumed) {
    return {
      ok: false,
      reason: "replayed",
      sessionId: session?.id ?? null,
      sessionOwner: session?.owner ?? null,
    };
  }
  if (!constantTimeEqual(attempt.browserHash, given.browserHash)) {
    return { ok: false, reason: "wrong_browser" };
  }
  if (attempt.host !== given.host) return { ok: false, reason: "wrong_host" };
  if (stored.expiresAt <= now || code.expiresAt <= now) return { ok: false, reason: "expired" };
  return { ok: true, attempt, handoff: code.handoff };
}

/** Whether an app attempt can still get a code. */
export function isOpen(stored: StoredAttempt | null, now: number): stored is StoredAttempt {
  return stored?.attempt.kind === "app" && !stored.consumed && stored.expiresAt > now;
}
