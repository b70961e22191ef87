import type { TelemetryReport } from "./types.ts";

/** The capability from which on a hub knows each member of a report. */
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
};

/**
 * The report without what a hub does not know: one of capability 1 refuses the whole report for it.
 * @param capability The hub's, see `CAPABILITY`.
 */
export function knownReport(report: TelemetryReport, capability: number): TelemetryReport {
  const known = Object.entries(report).filter(
    ([member]) => SINCE[member as keyof TelemetryReport] <= capability,
  );
  return Object.fromEntries(known) as unknown as TelemetryReport;
}
