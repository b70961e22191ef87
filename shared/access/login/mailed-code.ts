import { constantTimeEqual } from "../../base/base64url.ts";
import { judgeProviderCallback, type StoredAttempt } from "./attempts.ts";
import type { MailedCode, MailVerdict, TriedCode } from "./types.ts";

/**
 * Pure functions about a code that was mailed to an address: whether the browser that asked for the code may
 * sign in with it.
 */

/** With eight digits, the chance of one guess is 1 in 100,000,000. */
export const CODE_DIGITS = 8;
export const CODE_TTL_MS = 10 * 60_000;
/** After this many wrong tries, a code is no longer valid. */
export const MAX_TRIES = 5;
/** The most codes of one attempt. Each new code makes the previous code invalid. */
export const MAX_CODES = 3;

/**
 * Decides whether another code may be made for an attempt of this browser.
 *
 * @returns The new data to store instead of the old data, or the reason for a refusal.
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
 * Judges a code that a browser shows. A right code consumes the attempt.
 *
 * @returns The verdict, and the data to store. The data is null if nothing changes.
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
