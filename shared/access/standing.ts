import type { Standing } from "./grade/grade.ts";
import { unmeasuredOf } from "./risk/whereabouts.ts";
import { proofsOf } from "./sessions/proofs.ts";
import { NO_SESSION_RISK, type Session } from "./sessions/types.ts";

/** What a session says of its user's standing. @param unusedMs How long the session was not used before now. */
export function standingOf(session: Session, unusedMs: number): Standing {
  const { principal, createdAt, kind, risk = NO_SESSION_RISK } = session;
  return {
    signals: [...(principal.risk ?? []), ...risk.signals],
    unmeasured: unmeasuredOf(risk.whereabouts),
    signedIn: { proofs: proofsOf(session) },
    lasting: kind === "app" ? { beganAt: createdAt, unusedMs } : null,
  };
}
