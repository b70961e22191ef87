import type { RiskSignal } from "../risk/signal.ts";
import type { RiskSource } from "../risk/source.ts";
import type { Signal } from "./security-event-token.ts";

/** What a transmitter last said of a person's risk, in one respect. */
export interface SaidRisk {
  readonly kind: RiskKind;
  /** From 0 (taken back) to 100. */
  readonly score: number;
  /** When it came about, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Each is kept apart, so that a device that is fine again does not take back what was said of the person. */
export type RiskKind = "risk_level" | "session_risk_level" | "device_risk_level" | "device_not_compliant";

/**
 * `HIGH` is above the default `allowedRisk`, so sessions end. `MEDIUM` asks for a proof. An unknown level counts as the
 * highest: missing information is never "no risk".
 */
const LEVELS: Readonly<Record<string, number>> = { LOW: 0, MEDIUM: 60, HIGH: 95 };
const NOT_COMPLIANT = 80;
/** Half of it is left after a week, so that a transmitter that falls silent keeps nobody out for ever. */
const HALF_LIFE_SECONDS = 7 * 86_400;

const PRINCIPALS: Readonly<Record<string, RiskKind>> = {
  USER: "risk_level",
  SESSION: "session_risk_level",
  DEVICE: "device_risk_level",
};

/** What a signal says of the risk of the person it names. Null if it says nothing about risk, or of no single person. */
export function saidRisk({ event, payload, eventAt }: Signal): SaidRisk | null {
  if (event === "device-compliance-change") {
    const isCompliant = payload.current_status === "compliant";
    return { kind: "device_not_compliant", score: isCompliant ? 0 : NOT_COMPLIANT, at: eventAt };
  }
  if (event !== "risk-level-change") return { kind: "risk_level", score: NOT_COMPLIANT, at: eventAt };
  const kind = PRINCIPALS[String(payload.principal ?? "USER").toUpperCase()];
  const level = String(payload.current_level).toUpperCase();
  return kind ? { kind, score: LEVELS[level] ?? 100, at: eventAt } : null;
}

/**
 * The source of risk that a transmitter is. Its memory is what it last said in one respect. What is older than the
 * memory says nothing, so that a late `HIGH` does not undo a `LOW`, nor a late `LOW` a `HIGH`.
 *
 * @param name Of the transmitter.
 */
export const signalSource = (name: string): RiskSource<SaidRisk, SaidRisk, SaidRisk> => ({
  name: sourceName(name),
  decide: (memory, seen, _now) =>
    memory !== null && seen.at < memory.at
      ? { events: [], signals: [] }
      : { events: [seen], signals: [riskSignalOf(name, seen)] },
  apply: (_memory, event) => event,
});

/** The `source` of what a transmitter says. No program can take it: its labels have no colon. */
export const sourceName = (transmitter: string): string => `${SIGNAL_SOURCE}${transmitter}`;
export const SIGNAL_SOURCE = "signal:";

const riskSignalOf = (transmitter: string, { kind, score, at }: SaidRisk): RiskSignal => ({
  source: sourceName(transmitter),
  kind,
  score,
  at,
  halfLifeSeconds: HALF_LIFE_SECONDS,
});
