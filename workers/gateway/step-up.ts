import { isAllowed } from "../../shared/access/assess.ts";
import type { Question } from "../../shared/access/question.ts";
import { NO_SESSION_RISK } from "../../shared/access/sessions/types.ts";
import type { Snapshot } from "../registry/snapshot.ts";
import type { Caller } from "./caller.ts";
import { judge } from "./judge.ts";

/**
 * A sign-in that is at most this old (milliseconds) counts as new. To ask for another sign-in then would make an
 * endless circle.
 */
export const NEW_SIGN_IN_MS = 60_000;

/**
 * Whether a denied request would be allowed right after a new sign-in: only the age of the sign-in, or a risk that it
 * answers, causes the denial. A new sign-in makes a new session, about which nothing was found yet.
 */
export function isDeniedByAge(question: Question, caller: Caller, snapshot: Snapshot, now: number): boolean {
  if (caller.kind !== "user") return false;
  const { session } = caller;
  if (now - session.authentication.authTime * 1_000 <= NEW_SIGN_IN_MS) return false;
  const authentication = { ...session.authentication, authTime: Math.floor(now / 1_000) };
  const begun = { authentication, createdAt: now + 1, risk: NO_SESSION_RISK };
  const renewed = { ...caller, unusedMs: 0, session: { ...session, ...begun } };
  return isAllowed(judge(question, renewed, snapshot, now));
}
