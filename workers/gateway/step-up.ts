import { isAllowed } from "../../shared/access/assess.ts";
import { doShow, type Need } from "../../shared/access/grade/verified.ts";
import type { Question } from "../../shared/access/question.ts";
import { proofsOf, shownBy } from "../../shared/access/sessions/proofs.ts";
import { NO_SESSION_RISK } from "../../shared/access/sessions/types.ts";
import type { Snapshot } from "../registry/snapshot.ts";
import type { Caller } from "./caller.ts";
import { judge } from "./judge.ts";

/**
 * A sign-in that is at most this old (milliseconds) counts as new. To ask for another sign-in then would make an
 * endless circle.
 */
export const NEW_SIGN_IN_MS = 60_000;

/** What a person must show so that a refused request goes on. */
export interface StepUp {
  /** The proof must be newer than this moment (milliseconds), or null where `need` says how old it may be. */
  readonly signInAfter: number | null;
  /** What the proof must show. Null if any proof is enough. */
  readonly need: Need | null;
}

/**
 * What would let a denied request through if the person showed it now: only the age or the kind of the sign-in, or a
 * risk that a proof answers, causes the denial. Null if nothing that the person can show would help.
 */
export function stepUpFor(
  question: Question,
  caller: Caller,
  snapshot: Snapshot,
  now: number,
): StepUp | null {
  if (caller.kind !== "user") return null;
  const { session } = caller;
  const { authentication } = session;
  const need = judge(question, caller, snapshot, now).access.need ?? null;
  const isNew = now - shownBy(authentication).authTime * 1_000 <= NEW_SIGN_IN_MS;
  // A new sign-in that named too little may be followed by one that names more.
  const lacksMethod = need !== null && !doShow(proofsOf(session), need);
  if (isNew && !lacksMethod) return null;
  const shown = {
    ...authentication,
    acr: need?.acr?.[0] ?? authentication.acr,
    amr: [
      ...authentication.amr,
      ...(need?.amr ?? []),
      ...(need?.verification === "second_factor" ? ["mfa"] : []),
    ],
    authTime: Math.floor(now / 1_000),
  };
  // A proof answers all that was found about the session.
  const begun = { authentication: shown, raisedAt: now + 1, risk: NO_SESSION_RISK };
  const renewed = { ...caller, unusedMs: 0, session: { ...session, ...begun } };
  if (!isAllowed(judge(question, renewed, snapshot, now))) return null;
  const isAgeInNeed = lacksMethod || (need !== null && need.maxAge !== null);
  return { need, signInAfter: isAgeInNeed ? null : now };
}
