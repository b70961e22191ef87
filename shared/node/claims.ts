import { type DeviceCheck, resultOf } from "./config/device-check.ts";
import type { NodeFactsReport } from "./protocol/types.ts";

/** The part of a node's claims that criteria read. */
export interface Claims {
  readonly os?: string;
  readonly osVersion?: string;
  readonly agentVersion?: string;
  readonly diskEncrypted?: boolean;
  readonly firewall?: boolean;
  readonly screenLock?: boolean;
  /** What it answered to a check of its home segment, one of `CHECK_RESULTS`. */
  readonly [check: `checks.${string}`]: string;
}

/**
 * What a node claims, without what it could not find out.
 * @param checks What its home segment looks for now. An answer to anything else counts for nothing.
 */
export function claimsOf(report: NodeFactsReport, checks: readonly DeviceCheck[]): Claims {
  const { osId, osVersion, agentVersion, diskEncrypted, firewall, screenLock } = report;
  const said = { os: osId, osVersion, agentVersion, diskEncrypted, firewall, screenLock };
  const known = Object.entries(said).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  const answers = checks.flatMap((check) => {
    const result = resultOf(check, report.checks ?? []);
    return result === null ? [] : [[`checks.${check.name}`, result] as const];
  });
  return Object.fromEntries([...known, ...answers]) as Claims;
}
