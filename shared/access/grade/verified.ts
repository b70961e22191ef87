import type { AccessTerms, Verification } from "../policy/terms.ts";
import { type RiskSignal, speaking } from "../risk/signal.ts";

/** One time that the person showed who they are: at the identity provider, or with a passkey. */
export interface Proof {
  /** The authentication context class (OpenID Connect Core §2). Null where none was named. */
  readonly acr: string | null;
  /** How it was shown (RFC 8176). */
  readonly amr: readonly string[];
  /** When, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** All that a session's person has shown. */
export interface SignedIn {
  readonly proofs: readonly Proof[];
}

/** What a person must show. */
export interface Need {
  readonly verification: Exclude<Verification, "none">;
  /** One of these authentication contexts, or null for any. With `[]`, no context is enough. */
  readonly acr: readonly string[] | null;
  /** All of these methods. */
  readonly amr: readonly string[];
  /** How old the proof may be, in seconds. Null: as old as it is. */
  readonly maxAge: number | null;
}

/**
 * Methods of a sign-in (RFC 8176) that show something besides a password: something that one has or is. `mfa` says
 * it in one word.
 */
const SECOND_FACTORS = new Set([
  ...["mfa", "otp", "hwk", "swk", "sc", "sms", "tel", "pop", "user"],
  ...["face", "fpt", "iris", "retina", "vbm"],
]);

/** Whether these methods name a second factor. */
export const hasSecondFactor = (amr: readonly string[]): boolean =>
  amr.some((method) => SECOND_FACTORS.has(method));

/** Whether proofs together show what is needed, apart from their age. */
export function doShow(proofs: readonly Proof[], { verification, acr, amr }: Need): boolean {
  const methods = proofs.flatMap((proof) => proof.amr);
  // Nobody shows an approval of their own: others give it, as a grant.
  if (verification === "approval" || proofs.length === 0) return false;
  if (verification === "second_factor" && !hasSecondFactor(methods)) return false;
  if (acr !== null && !proofs.some((proof) => proof.acr !== null && acr.includes(proof.acr))) return false;
  return amr.every((method) => methods.includes(method));
}

/** Whether these proofs meet a need at `now` (milliseconds): only those count that are new enough. */
export function isMet({ proofs }: SignedIn, need: Need, now: number): boolean {
  const { maxAge } = need;
  return doShow(maxAge === null ? proofs : proofs.filter(({ at }) => now - at <= maxAge * 1_000), need);
}

/** What the terms of permits ask for, whoever calls. Null if nothing. */
function needOf({ verification, verifiedWithin: maxAge, acr, amr }: AccessTerms): Need | null {
  if (verification === "none" && acr === null && amr.length === 0) return null;
  return { verification: verification === "none" ? "reauthentication" : verification, acr, amr, maxAge };
}

const APPROVAL: Need = { verification: "approval", acr: null, amr: [], maxAge: null };

/**
 * What the terms of the permits still ask of the caller. Null if they are met. An approval comes first, since others must
 * give it.
 *
 * @param approvedAt When the newest grant that covers the request began. Null if none does.
 */
export function askedByTerms(
  terms: AccessTerms,
  signedIn: SignedIn | null,
  approvedAt: number | null,
  now: number,
): Need | null {
  if (!isApproved(terms, approvedAt, now)) return APPROVAL;
  const need = needOf(terms);
  return need === null || (signedIn !== null && isMet(signedIn, need, now)) ? null : need;
}

function isApproved(
  { approval, approvedWithin }: AccessTerms,
  approvedAt: number | null,
  now: number,
): boolean {
  if (!approval) return true;
  if (approvedAt === null) return false;
  return approvedWithin === null || now - approvedAt < approvedWithin * 1_000;
}

/** Whether the person showed who they are after everything was found that speaks for risk now. */
export function answersRisk(
  { proofs }: SignedIn,
  need: Need,
  signals: readonly RiskSignal[],
  now: number,
): boolean {
  const found = speaking(signals, now);
  return doShow(
    proofs.filter((proof) => found.every(({ at }) => at < proof.at)),
    need,
  );
}
