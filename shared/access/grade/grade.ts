import { type AccessTerms, furthest, MONITORING } from "../policy/terms.ts";
import { partsAt, scoreAt } from "../risk/score.ts";
import type { RiskSignal } from "../risk/signal.ts";
import { type AccessDecision, GRADES, type Grade, type GradeReason } from "./access.ts";
import { durationAt, type SessionDuration, shorter } from "./lifetime.ts";
import type { RiskSettings } from "./settings.ts";
import { answersRisk, askedByTerms, doShow, type Need, type SignedIn } from "./verified.ts";

/** What is known of the caller, for the grade of a decision. */
export interface Standing {
  readonly signals: readonly RiskSignal[];
  readonly unmeasured: AccessDecision["unmeasured"];
  /** Null for a caller who did not sign in. */
  readonly signedIn: SignedIn | null;
  /** The session of the app. Null where there is none, such as at the sign-in. Milliseconds. */
  readonly lasting: { readonly beganAt: number; readonly unusedMs: number } | null;
}

/** A caller about whom nothing is known that speaks for risk. */
export const NO_STANDING: Standing = { signals: [], unmeasured: [], signedIn: null, lasting: null };

/** An app's settings that a grade depends on. */
export type GradeSettings = RiskSettings & SessionDuration;

export const riskOf = ({ signals }: Standing, now: number): number => scoreAt(signals, now);

/**
 * How much of what the policies allow holds at `now`, and on which terms. The worst of all reasons counts, so no
 * reason can hide another one.
 *
 * @param bound The terms of the permits that allow the request, the strictest of each.
 * @param approvedAt When the newest grant that covers the request began. Null if none does.
 */
export function gradeOf(
  settings: GradeSettings,
  standing: Standing,
  bound: AccessTerms,
  now: number,
  approvedAt: number | null = null,
): Omit<AccessDecision, "grantedPermissions"> {
  const riskScore = riskOf(standing, now);
  const allowedRisk = Math.min(settings.allowedRisk, bound.allowedRisk ?? 100);
  const sessionDuration = standing.signedIn && durationOf(settings, bound, riskScore);
  const asked = askedByTerms(bound, standing.signedIn, approvedAt, now);
  const findings = [
    ofRisk(settings, standing, riskScore, allowedRisk, now),
    ofTerms(asked, standing.signedIn),
    ofAge(standing, sessionDuration, now),
  ];
  const { grade, reason } = findings.reduce(worse);
  const level = furthest(MONITORING, settings.monitoring, bound.monitoring);
  const need = asked ?? neededFor(grade, settings);
  return {
    grade,
    reason,
    riskScore,
    riskParts: partsAt(standing.signals, now),
    unmeasured: standing.unmeasured,
    sessionDuration,
    monitoringLevel: grade === "allow" ? level : furthest(MONITORING, level, "watched"),
    additionalVerification: need?.verification ?? "none",
    need,
    allowedRisk,
  };
}

interface Finding {
  readonly grade: Grade;
  readonly reason: GradeReason | null;
}

const FINE: Finding = { grade: "allow", reason: null };

const worse = (a: Finding, b: Finding): Finding =>
  GRADES.indexOf(b.grade) > GRADES.indexOf(a.grade) ? b : a;

function ofRisk(
  settings: GradeSettings,
  { signals, signedIn }: Standing,
  score: number,
  allowedRisk: number,
  now: number,
): Finding {
  if (score > allowedRisk) return { grade: "cut", reason: "risk_above_allowed" };
  if (score < Math.min(settings.watchRisk, settings.readOnlyRisk, settings.pauseRisk)) return FINE;
  // Whoever showed who they are after the risk rose goes on, watched.
  const isAnswered = signedIn !== null && answersRisk(signedIn, riskNeed(settings), signals, now);
  if (score >= settings.pauseRisk && !isAnswered) return { grade: "pause", reason: REASONS[settings.stepUp] };
  if (score >= settings.readOnlyRisk && !isAnswered) return { grade: "read_only", reason: "read_only" };
  return { grade: "watch", reason: null };
}

const REASONS = {
  reauthentication: "step_up_required",
  second_factor: "second_factor_required",
  approval: "approval_required",
} as const;

/** Says what is missing: a method or context that no proof names, or otherwise the verification. */
function ofTerms(asked: Need | null, signedIn: SignedIn | null): Finding {
  if (asked === null) return FINE;
  const plain = { ...asked, acr: null, amr: [] };
  const isAboutMethod =
    asked.verification !== "approval" &&
    signedIn !== null &&
    doShow(signedIn.proofs, plain) &&
    !doShow(signedIn.proofs, asked);
  return { grade: "pause", reason: isAboutMethod ? "sign_in_method_required" : REASONS[asked.verification] };
}

function ofAge({ lasting }: Standing, duration: SessionDuration | null, now: number): Finding {
  if (lasting === null || duration === null) return FINE;
  if (now - lasting.beganAt >= duration.absoluteSeconds * 1_000)
    return { grade: "cut", reason: "absolute_timeout" };
  return lasting.unusedMs >= duration.idleSeconds * 1_000 ? { grade: "cut", reason: "idle_timeout" } : FINE;
}

/** What answers a raised risk. Its proof must also be newer than what was found: see `answersRisk`. */
const riskNeed = ({ stepUp }: GradeSettings): Need => ({
  ...{ verification: stepUp, acr: null, amr: [], maxAge: null },
});

const neededFor = (grade: Grade, settings: GradeSettings): Need | null =>
  grade === "pause" || grade === "read_only" ? riskNeed(settings) : null;

function durationOf(settings: GradeSettings, bound: AccessTerms, risk: number): SessionDuration {
  const { idleSeconds, absoluteSeconds } = settings;
  return shorter(durationAt(risk, settings, settings.riskCurve), {
    idleSeconds: bound.idleSeconds ?? idleSeconds,
    absoluteSeconds: bound.absoluteSeconds ?? absoluteSeconds,
  });
}

/** Whether a grade lets actions through that change something. */
export const mayChange = (grade: Grade): boolean => grade === "allow" || grade === "watch";

/** Why a grade refuses a request, or null. A connection may stay open for reading. */
export function refusedBy(
  { grade, reason }: Pick<AccessDecision, "grade" | "reason">,
  actions: readonly string[],
): GradeReason | null {
  if (grade === "pause" || grade === "cut") return reason;
  return mayChange(grade) || actions.every((action) => action === "read" || action === "connect")
    ? null
    : reason;
}
