import type { Proof } from "../grade/verified.ts";
import type { Authentication, Session } from "./types.ts";

type HowShown = Pick<Authentication, "acr" | "amr" | "authTime" | "passkey">;

/**
 * What the session's person has shown, and when. The provider's clock may be ahead of ours, so its proof counts from
 * when the session began or was raised if that was earlier.
 */
export function proofsOf({
  authentication,
  createdAt,
  raisedAt = createdAt,
}: Pick<Session, "authentication" | "createdAt" | "raisedAt">): Proof[] {
  const { acr, amr, authTime, passkey } = authentication;
  const signIn = { acr, amr, at: Math.min(authTime * 1_000, raisedAt) };
  return passkey ? [signIn, { acr: null, amr: passkey.amr, at: passkey.at * 1_000 }] : [signIn];
}

/**
 * All that was shown, as one: what policies, applications and the person are told.
 *
 * @returns `authTime`: when something was last shown, in seconds.
 */
export function shownBy({
  acr,
  amr,
  authTime,
  passkey,
}: HowShown): Pick<Authentication, "acr" | "amr" | "authTime"> {
  if (!passkey) return { acr, amr, authTime };
  return { acr, amr: [...new Set([...amr, ...passkey.amr])], authTime: Math.max(authTime, passkey.at) };
}
