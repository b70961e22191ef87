/** A pure function that decides about a user after an identity provider was asked again. */

export interface RecheckSettings {
  readonly recheckMinutes: number;
  readonly recheckGraceHours: number;
}

/** The result of one question to the provider. */
export type RecheckOutcome =
  /** The provider confirms the user. */
  | { readonly kind: "confirmed" }
  /** The provider knows the user, but a sign-in with these claims would be refused. */
  | { readonly kind: "refused"; readonly reason: string }
  /** `invalid_grant` (RFC 6749 §5.2): the token was revoked, has expired or was used before. */
  | { readonly kind: "token_refused" }
  /**
   * The result says nothing about the user. `failed`: the answer is not acceptable. `away`: there is no
   * answer.
   */
  | { readonly kind: "failed" | "away"; readonly problem: string }
  /** As `away`, but the provider may have replaced the token, and we didn't get the new token. */
  | { readonly kind: "unanswered"; readonly problem: string };

export interface CheckedGrant {
  /** The last time that the provider confirmed the user, in milliseconds since the Unix epoch. */
  readonly confirmedAt: number;
  /** Earlier requests with this token that got no answer, as far as is known. */
  readonly unanswered: number;
}

export type RecheckDecision =
  | {
      readonly next: "keep";
      readonly confirmedAt: number;
      readonly dueAt: number;
      readonly unanswered: number;
      readonly problem: string | null;
    }
  | { readonly next: "end"; readonly reason: string };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/**
 * The wait before a failed question is asked again. If the provider's interval is shorter, that interval is
 * used.
 */
const RETRY_MS = 5 * MINUTE_MS;

/** The time at which sessions end, unless the provider confirms the user before. */
export const graceEndsAt = (grant: CheckedGrant, settings: RecheckSettings): number =>
  grant.confirmedAt + settings.recheckGraceHours * HOUR_MS;

/**
 * Decides whether the user's sessions may go on. If the provider refuses the user, the sessions end at once.
 * If the provider doesn't answer, they end after the grace period. A refused token counts as no answer if an
 * earlier request got no answer: the provider may have replaced the token in the lost answer, and a slow
 * provider must not sign everybody out.
 *
 * @param now Milliseconds since the Unix epoch.
 */
export function decideRecheck(
  outcome: RecheckOutcome,
  grant: CheckedGrant,
  settings: RecheckSettings,
  now: number,
): RecheckDecision {
  const interval = settings.recheckMinutes * MINUTE_MS;
  if (outcome.kind === "confirmed") {
    return { next: "keep", confirmedAt: now, dueAt: now + interval, unanswered: 0, problem: null };
  }
  if (outcome.kind === "refused") return { next: "end", reason: outcome.reason };
  if (outcome.kind === "token_refused" && grant.unanswered === 0) {
    return { next: "end", reason: "the provider refused the refresh token" };
  }
  const problem =
    outcome.kind === "token_refused" ? "the token was refused after a lost answer" : outcome.problem;
  const end = graceEndsAt(grant, settings);
  if (now >= end) return { next: "end", reason: `not confirmed within the grace: ${problem}` };
  return {
    next: "keep",
    confirmedAt: grant.confirmedAt,
    dueAt: Math.min(now + Math.min(RETRY_MS, interval), end),
    unanswered: grant.unanswered + (outcome.kind === "unanswered" ? 1 : 0),
    problem,
  };
}
