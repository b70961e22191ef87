/** What is decided about a user after an identity provider was asked again, as a pure function. */

export interface RecheckSettings {
  readonly recheckMinutes: number;
  readonly recheckGraceHours: number;
}

/** What came of one question. */
export type RecheckOutcome =
  /** The provider vouches for the user. */
  | { readonly kind: "confirmed" }
  /** The provider knows the user, but a sign-in with these claims would be refused. */
  | { readonly kind: "refused"; readonly reason: string }
  /** `invalid_grant` (RFC 6749 §5.2): the token was revoked, has expired or was used before. */
  | { readonly kind: "token_refused" }
  /** Nothing that speaks about the user: `failed` is an answer that is not acceptable, `away` is none. */
  | { readonly kind: "failed" | "away"; readonly problem: string }
  /** As `away`, and the provider may have replaced the token without our learning the new one. */
  | { readonly kind: "unanswered"; readonly problem: string };

export interface CheckedGrant {
  /** Milliseconds since the Unix epoch: the last time that the provider vouched for the user. */
  readonly confirmedAt: number;
  /** Earlier requests with this token of which no answer is known. */
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
/** A question that failed is asked again after this long, or after the provider's interval if that is shorter. */
const RETRY_MS = 5 * MINUTE_MS;

/** The moment at which sessions end unless the provider vouches for the user before. */
export const graceEndsAt = (grant: CheckedGrant, settings: RecheckSettings): number =>
  grant.confirmedAt + settings.recheckGraceHours * HOUR_MS;

/**
 * Decides whether the user's sessions stand. What the provider says ends them at once; its silence ends them after
 * the grace. A token refused after a request without an answer counts as silence: the provider may have replaced
 * the token in that answer, and its slowness must not sign everybody out.
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
