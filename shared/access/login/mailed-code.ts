import { constantTimeEqual } from "../../base/base64url.ts";
import { judgeProviderCallback, type StoredAttempt } from "./attempts.ts";
import type { MailedCode, MailVerdict, TriedCode } from "./types.ts";

/** A code that was sent to an address, and whether the browser that asked for it may sign in with it: pure functions. */

/** Of eight digits each try finds one of 100,000,000. */
export const CODE_DIGITS = 8;
export const CODE_TTL_MS = 10 * 60_000;
/** Wrong codes that are looked at before a code is worth nothing. */
export const MAX_TRIES = 5;
/** Codes of one attempt; each makes the one before it worthless. */
export const MAX_CODES = 3;

/**
 * Decides whether a further code may be made for an attempt of this browser.
 *
 * @returns What to store in place of what was there, or why not.
 */
export function nextCode(
  stored: StoredAttempt | null,
  browserHash: string,
  code: { readonly email: string; readonly hash: string },
  now: number,
): MailedCode | Exclude<MailVerdict, "made"> {
  const attempt = judgeProviderCallback(stored, browserHash, now);
  if (typeof attempt === "string") return attempt;
  const sent = stored?.mailed?.codes ?? 0;
  if (sent >= MAX_CODES) return "too_many_codes";
  return { ...code, expiresAt: now + CODE_TTL_MS, tries: 0, codes: sent + 1 };
}

/**
 * Judges a code that a browser shows.
 *
 * @returns The verdict, and what to store; null where nothing changes. A right code consumes the attempt.
 */
export function tryCode(
  stored: StoredAttempt | null,
  browserHash: string,
  hash: string,
  now: number,
): { readonly verdict: TriedCode; readonly mailed: MailedCode | null } {
  const attempt = judgeProviderCallback(stored, browserHash, now);
  if (typeof attempt === "string") return { verdict: { ok: false, reason: attempt }, mailed: null };
  const code = stored?.mailed;
  if (!code) return { verdict: { ok: false, reason: "unknown" }, mailed: null };
  if (code.expiresAt <= now) return { verdict: { ok: false, reason: "expired" }, mailed: null };
  if (code.tries >= MAX_TRIES) return { verdict: { ok: false, reason: "no_tries_left" }, mailed: null };
  const mailed = { ...code, tries: code.tries + 1 };
  if (constantTimeEqual(code.hash, hash)) {
    return { verdict: { ok: true, attempt, email: code.email }, mailed };
  }
  const reason = mailed.tries >= MAX_TRIES ? "no_tries_left" : "wrong_code";
  return { verdict: { ok: false, reason, email: code.email }, mailed };
}
