import type { AccessTerms, Verification } from "../policy/terms.ts";
import { type RiskSignal, speaking } from "../risk/signal.ts";

/** How a person signed in, as the verification is concerned. */
export interface SignedIn {
  readonly amr: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly authenticatedAt: number;
  /** When this session began, by our own clock. */
  readonly beganAt: number;
}

/**
 * Methods of a sign-in (RFC 8176) that show something besides a password: something that one has or is. `mfa` says
 * it in one word.
 */
const SECOND_FACTORS = new Set([
  ...["mfa", "otp", "hwk", "swk", "sc", "sms", "tel", "pop", "user"],
  ...["face", "fpt", "iris", "retina", "vbm"],
]);

/** Whether a sign-in did what a verification asks for, apart from its age. */
export const didVerify = ({ amr }: SignedIn, asked: Verification): boolean => {
  if (asked === "second_factor") return amr.some((method) => SECOND_FACTORS.has(method));
  // Nobody can approve yet, so what asks for an approval stays closed.
  return asked !== "approval";
};

/**
 * When the person last showed who they are. The provider's clock may be ahead of ours, so a sign-in counts from
 * when this session began if that was earlier.
 */
const verifiedAt = ({ authenticatedAt, beganAt }: SignedIn): number => Math.min(authenticatedAt, beganAt);

/** What the terms of the permits still ask of the caller: `none` if they are met. */
export function askedByTerms(
  { verification, verifiedWithin }: AccessTerms,
  signedIn: SignedIn | null,
  now: number,
): Verification {
  if (verification === "none") return "none";
  if (signedIn === null || !didVerify(signedIn, verification)) return verification;
  const age = now - signedIn.authenticatedAt;
  return verifiedWithin !== null && age > verifiedWithin * 1_000 ? verification : "none";
}

/** Whether the person showed who they are after everything was found that speaks for risk now. */
export const answersRisk = (
  signedIn: SignedIn,
  asked: Verification,
  signals: readonly RiskSignal[],
  now: number,
): boolean =>
  didVerify(signedIn, asked) && speaking(signals, now).every(({ at }) => at < verifiedAt(signedIn));
