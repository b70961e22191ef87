import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { HubConnection } from "../../../../agent/hub/connection.ts";
import { HubAway, type Way } from "../../../../agent/hub/http.ts";
import { parseAnswer, telemetryAnswer } from "../../../../agent/hub/schemas.ts";
import type { NodeView } from "../../../../agent/parts/part.ts";
import { leftOutCondition, Reporter } from "../../../../agent/parts/reporter.ts";
import { DriftLog } from "../../../../agent/tunnel/drift.ts";
import type { TunnelKeeper } from "../../../../agent/tunnel/keeper.ts";
import type { KernelFlow } from "../../../../agent/tunnel/machine.ts";
import { knownReport } from "../../../../shared/node/protocol/known-report.ts";
import { CAPABILITY, type TelemetryReport, WIRE_LIMITS } from "../../../../shared/node/protocol/types.ts";
import { nodeView, worksOf } from "./node-view.ts";

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

describe("I8: the reporter", () => {
  /** A hub that sees the node at an address, and what it was told. */
  function withHub(more: Partial<NodeView> = {}, said: { flows?: boolean; differs?: boolean } = {}) {
    const reports: TelemetryReport[] = [];
    const session = { capability: CAPABILITY };
    const connection = {
      session: async () => session,
      telemetrySeconds: 60,
      hubNow: () => 0,
      skewMs: 0,
      call: async ({ body }: { body: Uint8Array }) => {
        const bytes = body[0] === 0x1f ? gunzipSync(body) : Buffer.from(body);
        reports.push(JSON.parse(bytes.toString("utf8")) as TelemetryReport);
        const answer = new TextEncoder().encode(JSON.stringify({ address: "198.51.100.9", ...said }));
        return { body: answer };
      },
    };
    const { node } = nodeView({
      connection: connection as unknown as HubConnection,
      tunnel: {
        config: null,
        device: async () => null,
        drifts: new DriftLog(),
        machine: { dropFlows: async () => undefined },
      } as unknown as TunnelKeeper,
      way: { proxy: null } as unknown as Way,
      keys: () => {
        throw new Error("no keys");
      },
      ...more,
    });
    return { part: new Reporter(node), reports };
  }

  it("reports at the first touch, and then when there is news or it is time", async () => {
    const { part, reports } = withHub();
    const [look] = worksOf(part);
    await part.onTouch();
    await part.onTouch();
    expect([reports.length, part.health().map(({ code }) => code)]).toEqual([1, ["facts_unknown"]]);
    // The hub has said where it sees the node: that is news.
    await look?.();
    await look?.();
    expect(reports.map(({ endpoints }) => endpoints?.[0])).toEqual([
      reports[0]?.endpoints?.[0],
      "198.51.100.9:51820",
    ]);
  });

  it("notes flows while the hub asks for them, and drops what was noted when it does not", async () => {
    const said = { flows: true };
    const steps: string[] = [];
    let counted = 1;
    const flow: KernelFlow = {
      source: "100.64.0.1",
      destination: "100.64.0.2",
      protocol: "tcp",
      port: 443,
      verdict: "allowed",
      connections: 3,
      quietSeconds: 0,
    };
    const config = {
      manifest: { ipv4: "100.64.0.1", ipv6: "fd00::1", forwards: [] },
      peers: [
        {
          peer: { node: "nod_b", ipv4: "100.64.0.2", ipv6: "fd00::2", routes: [] },
          record: { wireguard: "" },
        },
      ],
    };
    const tunnel = {
      config,
      device: async () => null,
      drifts: new DriftLog(),
      machine: {
        readFlows: async () => {
          steps.push("read");
          return [flow];
        },
        dropFlows: async () => steps.push("drop"),
        readHits: async () => new Map([["rul_1", counted++ * 10]]),
      },
    };
    const { part, reports } = withHub(
      {
        tunnel: tunnel as unknown as TunnelKeeper,
        overlay: () => ({ ipv4: "100.64.0.0/10", ipv6: "fd00::/48" }),
      },
      said,
    );
    const inForce = { applied: null, applyError: null };
    await part.onConfig(inForce);
    await part.onConfig(inForce);
    said.flows = false;
    await part.onConfig(inForce);
    await part.onConfig(inForce);
    expect(reports.map(({ flows }) => flows?.map(({ peer, count }) => [peer, count]))).toEqual([
      undefined,
      [["nod_b", 3]],
      undefined,
      undefined,
    ]);
    expect(steps).toEqual(["read", "read", "read", "drop"]);
    // What the counters had at the first look, an earlier run told.
    expect(reports.map(({ hits }) => hits)).toEqual([
      undefined,
      [{ rule: "rul_1", packets: 10 }],
      [{ rule: "rul_1", packets: 10 }],
      undefined,
    ]);
  });

  it("tells at its next look of a drift that was mended, once", async () => {
    const drifts = new DriftLog();
    const machine = { dropFlows: async () => undefined };
    const tunnel = { config: null, device: async () => null, drifts, machine };
    const { part, reports } = withHub({ tunnel: tunnel as unknown as TunnelKeeper });
    const [look] = worksOf(part);
    await part.onTouch();
    await look?.();
    const before = reports.length;
    drifts.note(["load-filter", "set-mtu"], 7, 0);
    await look?.();
    await look?.();
    expect(reports.slice(before).map((report) => report.drifts)).toEqual([
      [{ at: 7, steps: ["load-filter"] }],
    ]);
  });

  it("names the ruleset in force, and loads it anew when the hub compiled another, not at each report", async () => {
    let reloads = 0;
    const ruleset = { format: 1, digest: "d", manifest: "m" };
    const tunnel = {
      config: null,
      device: async () => null,
      drifts: new DriftLog(),
      machine: { dropFlows: async () => undefined },
      ruleset: { report: ruleset },
      reload: async () => ++reloads,
    };
    const said = { differs: true };
    const { part, reports } = withHub({ tunnel: tunnel as unknown as TunnelKeeper }, said);
    const applied = { serial: { epoch: 0, rootVersion: 1, counter: 1 }, manifestHash: "m", manifest: {} };
    const inForce = { applied, applyError: null } as unknown as Parameters<Reporter["onConfig"]>[0];
    await part.onConfig(inForce);
    await part.onConfig(inForce);
    await part.onConfig({ ...inForce, applyError: "nft failed" });
    expect(reports.map((report) => report.ruleset)).toEqual([ruleset, ruleset, undefined]);
    expect(reloads).toBe(1);
  });

  it("says nothing of what came back from the disk before the hub was asked", async () => {
    const { part, reports } = withHub({ standing: () => "starting" });
    const inForce = { applied: null, applyError: null };
    await part.onConfig(inForce);
    await part.onTouch();
    expect(reports).toEqual([]);
  });

  it("reports after a move until the hub has the news, whatever the node's standing, and no longer", async () => {
    const { part, reports } = withHub({ standing: () => "unreachable" });
    const works = worksOf(part);
    const before = works.length;
    part.onMove();
    part.onMove();
    expect(works).toHaveLength(before + 1);
    await works[before]?.();
    await works[before]?.();
    expect([reports.length, works.length]).toEqual([2, before]);
  });
});
