import { isAllowed } from "../../shared/access/assess.ts";
import type { GradeReason } from "../../shared/access/grade/access.ts";
import { mayChange } from "../../shared/access/grade/grade.ts";
import { nextEnd } from "../../shared/access/grants/state.ts";
import type { Question } from "../../shared/access/question.ts";
import { isElsewhere, type Seen } from "../../shared/access/risk/whereabouts.ts";
import type { Session, SessionEndReason } from "../../shared/access/sessions/types.ts";
import type { SnapshotApp, SnapshotServiceToken } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { sessionsObject } from "../platform/objects.ts";
import { snapshotAt } from "../registry/snapshot.ts";
import { endSession } from "../session/end-sessions.ts";
import { type Caller, isHeldByTaken } from "./caller.ts";
import { judge } from "./judge.ts";
import { endsForMaintenance } from "./maintenance.ts";
import { isGood } from "./service-caller.ts";
import { stepUpFor } from "./step-up.ts";
import { type Cut, DENIED, type Judgement, type Rejudge } from "./stream-watch.ts";

/** Why a grade ends a session. */
const ENDS: Partial<Record<GradeReason, SessionEndReason>> = {
  risk_above_allowed: "risk_above_allowed",
  idle_timeout: "idle_timeout",
  absolute_timeout: "absolute_timeout",
};

const CODES: Readonly<Record<GradeReason, Cut["code"]>> = {
  read_only: 4403,
  step_up_required: 4408,
  second_factor_required: 4408,
  sign_in_method_required: 4408,
  approval_required: 4403,
  risk_above_allowed: 4403,
  idle_timeout: 4401,
  absolute_timeout: 4401,
};

/**
 * Ends the session of a caller whose grade is `cut`. If the session's object can't be reached, the session is judged
 * again with its next request, and cut again.
 */
export async function endCut(bindings: Bindings, caller: Caller, reason: GradeReason): Promise<void> {
  const ending = ENDS[reason];
  if (caller.kind !== "user" || !ending) return;
  await endSession(bindings, caller.owner, caller.session.id, ending).catch((error: unknown) =>
    logError("cut_session_not_ended", error, { session: caller.session.id }),
  );
}

/**
 * Decides again for an open stream. The decision uses the facts of the stream's request, and the newest session and
 * policies.
 *
 * @param from What the stream's request showed of its sender.
 */
export function revalidation(question: Question, caller: Caller, bindings: Bindings, from: Seen): Rejudge {
  // The grants that were in force when the stream was last allowed.
  let held = heldBy(caller, Date.now());
  let raisedAt = raisedAtOf(caller);
  return async (epoch, session, flowedAt) => {
    const snapshot = await snapshotAt(bindings, epoch);
    const app = snapshot.appByHost.get(question.app.host);
    if (!app || app.id !== question.app.id) return DENIED;
    const asked = { ...question, app };
    const judgeAs = (now: Caller) => judge(asked, now, snapshot, Date.now());
    const now = refreshed(caller, session, flowedAt, app, snapshot.serviceTokens);
    if (now === null) return DENIED;
    if (raisedAtOf(now) !== raisedAt) {
      if (isOfAnother(now, from)) return RAISED_ELSEWHERE;
      raisedAt = raisedAtOf(now);
    }
    let judged = judgeAs(now);
    let known: Session | undefined;
    if (judged.refusedBy === "idle_timeout" && now.kind === "user") {
      // The session may have been used elsewhere meanwhile. Only its object knows.
      const newest = await newestOf(bindings, now);
      if (newest === null) return DENIED;
      known = newest;
      judged = judgeAs(used(now, newest, flowedAt));
    }
    if (isAllowed(judged)) {
      if (endsForMaintenance(app, now, Date.now())) return IN_MAINTENANCE;
      held = heldBy(now, Date.now());
      return {
        goesOn: true,
        isReadOnly: !mayChange(judged.access.grade),
        until: grantsEnd(now, Date.now()),
        ...(known ? { session: known } : {}),
      };
    }
    const { refusedBy } = judged;
    if (refusedBy === null) {
      const left = heldBy(now, Date.now());
      if (!held.every((id) => left.includes(id))) return GRANT_ENDED;
      return stepUpFor(asked, now, snapshot, Date.now()) === null ? DENIED : TOO_OLD;
    }
    if (judged.access.grade === "cut") await endCut(bindings, now, refusedBy);
    return { ...refusalOf(refusedBy), isPause: now.kind === "user" && CODES[refusedBy] === 4408 };
  };
}

/** Only a newer sign-in is missing. */
const TOO_OLD: Judgement = { goesOn: false, code: 4408, reason: "sign_in_too_old", isPause: true };
const IN_MAINTENANCE: Judgement = { goesOn: false, code: 4403, reason: "maintenance" };
/** When the next of a caller's grants ends, in milliseconds. Null if none will. */
export const grantsEnd = (caller: Caller, now: number): number | null =>
  caller.kind === "user" ? nextEnd(caller.session.principal.grants ?? [], now) : null;

/**
 * Whoever stole the cookie gains nothing by the proof of its person: not by the cookie, which is another one now, and not by a
 * stream that was opened with it before.
 */
const RAISED_ELSEWHERE: Judgement = { goesOn: false, code: 4401, reason: "raised_elsewhere" };

const raisedAtOf = (caller: Caller): number | undefined =>
  caller.kind === "user" ? caller.session.raisedAt : undefined;

/** Whether a stream came from another place or browser than the one in which its person showed anew who they are. */
function isOfAnother(caller: Caller, from: Seen): boolean {
  const shownFrom = caller.kind === "user" ? caller.session.risk?.whereabouts : null;
  return shownFrom ? isElsewhere(shownFrom, from) : false;
}

const GRANT_ENDED: Judgement = { goesOn: false, code: 4403, reason: "grant_ended" };

/** The ids of a caller's grants in force. */
const heldBy = (caller: Caller, now: number): readonly string[] =>
  caller.kind === "user"
    ? (caller.session.principal.grants ?? []).filter(({ until }) => now < until).map(({ id }) => id)
    : [];

const refusalOf = (reason: GradeReason) => ({ goesOn: false, code: CODES[reason], reason }) as const;

type User = Extract<Caller, { kind: "user" }>;

const newestOf = async (bindings: Bindings, { owner, session }: User): Promise<Session | null> =>
  (await sessionsObject(bindings, owner).list({ by: "session", id: session.id }))[0] ?? null;

/** The caller with the session as it is now. What flows over the stream counts as use. */
const used = (caller: User, session: Session, flowedAt: number): User => ({
  ...caller,
  session,
  unusedMs: Math.max(0, Date.now() - Math.max(session.lastSeenAt, flowedAt)),
});

/** The caller as the newest snapshot knows it. Null when the caller's credential is no longer good. */
function refreshed(
  caller: Caller,
  session: Session | null,
  flowedAt: number,
  app: SnapshotApp,
  tokens: readonly SnapshotServiceToken[],
): Caller | null {
  if (caller.kind === "anonymous") return app.settings.anonymous ? caller : null;
  if (caller.kind === "user")
    return isHeldByTaken(caller.session, app) ? used(caller, session ?? caller.session, flowedAt) : null;
  const token = tokens.find(({ id }) => id === caller.token.id);
  return token && isGood(token, caller.proof, app.id, Date.now()) ? { ...caller, token } : null;
}
