import { describe, expect, it } from "vitest";
import { HubAway } from "../../../../agent/hub/http.ts";
import { parseAnswer, telemetryAnswer } from "../../../../agent/hub/schemas.ts";
import { leftOutCondition } from "../../../../agent/parts/reporter.ts";
import { knownReport } from "../../../../shared/node/protocol/known-report.ts";
import { type TelemetryReport, WIRE_LIMITS } from "../../../../shared/node/protocol/types.ts";

const read = (answer: unknown) =>
  parseAnswer(telemetryAnswer, new TextEncoder().encode(JSON.stringify(answer)), 65_536).leftOut;

describe("M16: what the hub left out of a report", () => {
  it("is read from its answer, and nothing where it says nothing", () => {
    expect(read({})).toEqual([]);
    expect(read({ leftOut: ["endpoint 240.0.0.1:1: must not be a reserved address"], more: 1 })).toHaveLength(
      1,
    );
    expect(() => read({ leftOut: "all" })).toThrow(HubAway);
  });

  it("is counted and named where the machine's state is shown, in printable words", () => {
    expect(leftOutCondition([])).toEqual([]);
    const [condition] = leftOutCondition([
      "endpoint 240.0.0.1:1: must not be\u001b[2J a reserved address",
      "route x: y",
    ]);
    expect(condition?.code).toBe("report_left_out");
    expect(condition?.detail).toContain("left out 2 of what");
    expect(condition?.detail).toContain("240.0.0.1:1");
    expect(condition?.detail).not.toContain("\u001b");
    const [long] = leftOutCondition(Array(40).fill("endpoint [2001:db8::1]:1: must not lie there"));
    expect(long?.detail.length).toBeLessThanOrEqual(WIRE_LIMITS.conditionDetail);
  });
});

describe("I8: what an older hub is told", () => {
  const report: TelemetryReport = {
    at: 1,
    sequence: 0,
    applied: null,
    applyError: null,
    endpoints: [],
    conditions: [{ code: "ipv6_off", detail: "here" }],
    peers: [],
    clockSkewMs: 0,
  };

  it("is without what that hub does not know, and would refuse", () => {
    const { conditions: _, ...older } = report;
    expect(knownReport(report, 1)).toEqual(older);
    expect([2, 3].map((capability) => knownReport(report, capability))).toEqual([report, report]);
  });
});
