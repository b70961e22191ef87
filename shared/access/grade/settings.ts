import type { MonitoringLevel, Verification } from "../policy/terms.ts";
import type { CurvePoint } from "./lifetime.ts";

/** How an app answers risk. All thresholds are scores from 1 to 100; 101 stands for never. */
export interface RiskSettings {
  /** From this score on, every request is recorded with its size and time. */
  readonly watchRisk: number;
  /** From this score on, only reading is allowed. */
  readonly readOnlyRisk: number;
  /** From this score on, nothing is allowed until the person has shown again who they are. */
  readonly pauseRisk: number;
  /** Above this score, the session ends. */
  readonly allowedRisk: number;
  /** How the person shows it. */
  readonly stepUp: Exclude<Verification, "none" | "approval">;
  /** How closely requests are recorded, whatever the risk. */
  readonly monitoring: MonitoringLevel;
  /** How risk shortens sessions. See `durationAt`. */
  readonly riskCurve: readonly CurvePoint[];
}

export const DEFAULT_RISK_SETTINGS: RiskSettings = {
  watchRisk: 30,
  readOnlyRisk: 50,
  pauseRisk: 70,
  allowedRisk: 90,
  stepUp: "reauthentication",
  monitoring: "normal",
  riskCurve: [{ risk: 100, idleSeconds: 300, absoluteSeconds: 900 }],
};
