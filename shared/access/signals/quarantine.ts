import { saidRisk } from "./risk.ts";
import type { Signal } from "./security-event-token.ts";

/** Which signals put nodes into quarantine, where an administrator chose so, and which let them out again. */

/** The kinds of bad news that may quarantine. Each is a reason of its own. */
export const QUARANTINE_REASONS = [
  "device-compliance-change",
  "risk-level-change",
  "credential-compromise",
  "account-disabled",
] as const;
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

export interface QuarantineWord {
  readonly reason: QuarantineReason;
  /** Whether the nodes must be quarantined, or this reason for it is gone. */
  readonly holds: boolean;
  /** When it came about, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** From this risk on, which is what `HIGH` counts. */
const HIGH = 95;

/**
 * What a signal says of the quarantine of nodes: those of the person, or the device that it names. Null for nothing. A
 * compromise has no opposite event, so a person must let out what it quarantined.
 */
export function quarantineWord(signal: Signal, chosen: readonly QuarantineReason[]): QuarantineWord | null {
  const word = wordOf(signal);
  return word && chosen.includes(word.reason) ? { ...word, at: signal.eventAt } : null;
}

function wordOf(signal: Signal): Omit<QuarantineWord, "at"> | null {
  switch (signal.event) {
    case "device-compliance-change":
      return { reason: "device-compliance-change", holds: signal.payload.current_status !== "compliant" };
    case "risk-level-change":
      return riskWord(signal);
    case "credential-compromise":
    case "account-disabled":
      return { reason: signal.event, holds: true };
    case "account-enabled":
      return { reason: "account-disabled", holds: false };
    default:
      return null;
  }
}

/** A risk between the highest and none neither puts in nor lets out. */
function riskWord(signal: Signal): Omit<QuarantineWord, "at"> | null {
  const said = saidRisk(signal);
  if (said === null || (said.score > 0 && said.score < HIGH)) return null;
  return { reason: "risk-level-change", holds: said.score > 0 };
}
