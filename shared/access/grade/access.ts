import type { Permission } from "../policy/permissions.ts";
import type { MonitoringLevel, Verification } from "../policy/terms.ts";
import type { RiskPart } from "../risk/score.ts";
import type { SessionDuration } from "./lifetime.ts";
import type { Need } from "./verified.ts";

/**
 * How much a session may do at this moment, from most to least.
 *
 * - `allow`: everything that the policies allow.
 * - `watch`: the same, and every request is recorded with its size and time.
 * - `read_only`: only reading. Frames from the client over a WebSocket go nowhere.
 * - `pause`: nothing, until the person has shown again who they are.
 * - `cut`: the session is over.
 */
export const GRADES = ["allow", "watch", "read_only", "pause", "cut"] as const;
export type Grade = (typeof GRADES)[number];

/** Why a grade refuses something that the policies allow, as a stable word. */
export type GradeReason =
  | "read_only"
  | "step_up_required"
  | "second_factor_required"
  | "sign_in_method_required"
  | "approval_required"
  | "risk_above_allowed"
  | "idle_timeout"
  | "absolute_timeout";

/** What an access decision says besides allow or deny. It is kept with the decision. */
export interface AccessDecision {
  readonly grade: Grade;
  /** Why the grade is not `allow` or `watch`. */
  readonly reason: GradeReason | null;
  /** From 0 to 100. */
  readonly riskScore: number;
  readonly riskParts: readonly RiskPart[];
  /** What no rule could look at, because it is not known here. A low score says nothing about it. */
  readonly unmeasured: readonly ("country" | "network")[];
  /** What the permits that allowed this give at most. Empty for a denial. */
  readonly grantedPermissions: readonly Permission[];
  /** Null for callers without a session. */
  readonly sessionDuration: SessionDuration | null;
  readonly monitoringLevel: MonitoringLevel;
  /** What the person must still do. */
  readonly additionalVerification: Verification;
  /** The same in full, so that it can be asked of the provider. Null if nothing. Missing in older records. */
  readonly need?: Need | null;
  /** Above this risk the session ends. */
  readonly allowedRisk: number;
}
