import type { NodeFactsReport } from "./protocol/types.ts";

/** The part of a node's claims that criteria read. */
export interface Claims {
  readonly os?: string;
  readonly osVersion?: string;
  readonly agentVersion?: string;
  readonly diskEncrypted?: boolean;
  readonly firewall?: boolean;
  readonly screenLock?: boolean;
}

/** What a node claims, without what it could not find out. */
export function claimsOf(report: NodeFactsReport): Claims {
  const { osId, osVersion, agentVersion, diskEncrypted, firewall, screenLock } = report;
  const said = { os: osId, osVersion, agentVersion, diskEncrypted, firewall, screenLock };
  const known = Object.entries(said).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  return Object.fromEntries(known) as Claims;
}
