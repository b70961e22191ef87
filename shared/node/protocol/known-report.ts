import type { TelemetryReport } from "./types.ts";

/** For each member of a report, the first capability of a hub that knows the member. */
const SINCE: Readonly<Record<keyof TelemetryReport, number>> = {
  at: 1,
  sequence: 1,
  applied: 1,
  applyError: 1,
  endpoints: 1,
  routes: 1,
  exitNode: 1,
  facts: 1,
  peers: 1,
  clockSkewMs: 1,
  conditions: 2,
  flows: 4,
  drifts: 4,
  hits: 5,
  ruleset: 5,
  paths: 6,
  moves: 6,
};

/**
 * Removes the members that a hub does not know, since a hub of capability 1 refuses the whole report because of them.
 * @param capability The hub's capability, see `CAPABILITY`.
 */
export function knownReport(report: TelemetryReport, capability: number): TelemetryReport {
  const known = Object.entries(report).filter(
    ([member]) => SINCE[member as keyof TelemetryReport] <= capability,
  );
  return Object.fromEntries(known) as unknown as TelemetryReport;
}
