import { describe, expect, it } from "vitest";
import { kernelFlows } from "../../../agent/system/flow-table.ts";
import { FlowLog } from "../../../agent/telemetry/flow-log.ts";
import type { KernelFlow } from "../../../agent/tunnel/machine.ts";
import type { Assembled } from "../../../shared/node/config/assemble.ts";
import { FLOW_TABLE, renderFlowTable } from "../../../shared/node/flow-table.ts";

const OVERLAY = { ipv4: "100.64.0.0/10", ipv6: "fd00::/48" };
const NOW = 1_800_000_000_000;
const CONFIG = {
  manifest: { ipv4: "100.64.0.1", ipv6: "fd00::1", forwards: ["192.168.7.0/24", "0.0.0.0/0"] },
  peers: [
    { peer: { node: "nod_b", ipv4: "100.64.0.2", ipv6: "fd00::2", routes: ["10.1.0.0/16"] } },
    { peer: { node: "nod_c", ipv4: "100.64.0.3", ipv6: "fd00::3", routes: ["0.0.0.0/0"] } },
  ],
} as unknown as Assembled;

const kernel = (source: string, destination: string, more: Partial<KernelFlow> = {}): KernelFlow => ({
  ...{ source, destination, protocol: "tcp", port: 443, verdict: "allowed", connections: 1, quietSeconds: 0 },
  ...more,
});
const OUT = kernel("100.64.0.1", "100.64.0.2");

function noted(...found: KernelFlow[]) {
  const log = new FlowLog();
  log.note(found, CONFIG, OVERLAY, NOW);
  return log.news(100);
}

describe("the flows of a report", () => {
  it("name nodes and approved networks, never addresses of machines", () => {
    const ends = (source: string, destination: string) =>
      noted(kernel(source, destination)).map(({ direction, peer, near, far }) => [
        direction,
        peer,
        near,
        far,
      ]);
    expect(ends("100.64.0.1", "100.64.0.2")).toEqual([["out", "nod_b", null, null]]);
    expect(ends("fd00::2", "fd00::1")).toEqual([["in", "nod_b", null, null]]);
    expect(ends("100.64.0.1", "10.1.2.3")).toEqual([["out", "nod_b", null, "10.1.0.0/16"]]);
    expect(ends("100.64.0.3", "192.168.7.9")).toEqual([["in", "nod_c", "192.168.7.0/24", null]]);
    expect(ends("192.168.7.9", "100.64.0.3")).toEqual([["out", "nod_c", "192.168.7.0/24", null]]);
    // What goes to the Internet through an exit node, and what is between others, is nobody's flow.
    expect(ends("100.64.0.1", "9.9.9.9")).toEqual([]);
    expect(ends("100.64.0.2", "100.64.0.3")).toEqual([]);
    expect(ends("nonsense", "100.64.0.1")).toEqual([]);
  });

  it("name the address of an attempt at a node that is no peer, since only the hub knows whose it is", () => {
    const attempt = kernel("100.64.0.1", "100.64.9.9", { verdict: "denied" });
    expect(noted(attempt)).toMatchObject([{ direction: "out", peer: "100.64.9.9", verdict: "denied" }]);
    expect(noted({ ...attempt, source: "198.51.100.7" })).toMatchObject([{ peer: "100.64.9.9", near: null }]);
    // No other address is named, whoever tried it.
    for (const [source, destination] of [
      ["100.64.0.2", "10.9.9.9"],
      ["100.64.0.1", "10.9.9.9"],
      ["100.64.0.2", "100.64.9.9"],
    ] as const)
      expect(noted({ ...attempt, source, destination })).toEqual([]);
  });

  it("join the machines of one network, both IP versions of a node, and the ports of a scan", () => {
    expect(noted(kernel("100.64.0.1", "10.1.0.1"), kernel("100.64.0.1", "10.1.0.2"))).toMatchObject([
      { count: 2 },
    ]);
    const icmp = { protocol: "icmp", port: null };
    expect(
      noted(
        kernel("100.64.0.1", "100.64.0.2", icmp),
        kernel("fd00::1", "fd00::2", { ...icmp, protocol: "ipv6-icmp" }),
      ),
    ).toMatchObject([{ protocol: "icmp", port: null, count: 2 }]);
    const scan = Array.from({ length: 200 }, (_, n) =>
      kernel("100.64.0.2", "100.64.0.1", { port: n + 1, verdict: "denied" }),
    );
    expect(noted(...scan, OUT)).toMatchObject([
      { port: null, verdict: "denied", count: 200 },
      { port: 443, verdict: "allowed" },
    ]);
  });

  it("are told once, and again when connections begin or go on; what the hub did not take is kept", () => {
    const log = new FlowLog();
    const look = (connections: number, quietSeconds: number, now: number) => {
      log.note([{ ...OUT, connections, quietSeconds }], CONFIG, OVERLAY, now);
      return log.news(100);
    };
    expect(look(3, 1, NOW)).toMatchObject([{ count: 3, seenAt: NOW - 1_000 }]);
    const second = look(5, 0, NOW + 60_000);
    expect(second).toMatchObject([{ count: 5 }]);
    log.told(second);
    expect(look(5, 60, NOW + 120_000)).toEqual([]);
    expect(look(6, 0, NOW + 121_000)).toMatchObject([{ count: 1 }]);
    log.told(log.news(100));
    // A connection that goes on for long is said to be alive, each five minutes.
    expect(look(6, 0, NOW + 200_000)).toEqual([]);
    expect(look(6, 0, NOW + 500_000)).toMatchObject([{ count: 0, seenAt: NOW + 500_000 }]);
    log.told(log.news(100));
    // The kernel began to count anew.
    expect(look(2, 0, NOW + 501_000)).toMatchObject([{ count: 2 }]);
  });

  it("are bounded: the newest first, and the rest with the next report", () => {
    const log = new FlowLog();
    const many = Array.from({ length: 30 }, (_, n) =>
      kernel("100.64.0.1", "100.64.0.2", { port: n + 1, quietSeconds: n }),
    );
    log.note(many, CONFIG, OVERLAY, NOW);
    const first = log.news(20);
    log.told(first);
    expect([
      first.map(({ port }) => port).at(-1),
      log.news(20).map(({ port }) => port)[0],
      log.news(20).length,
    ]).toEqual([20, 21, 10]);
  });
});

describe("the table of flows", () => {
  it("is read from what nft prints, with the last packet of `seen`", () => {
    const element = (concat: unknown[], expires: number, packets?: number) => ({
      elem: { val: { concat }, expires, ...(packets === undefined ? {} : { counter: { packets } }) },
    });
    const listed = {
      nftables: [
        { set: { name: "internet4", elem: [{ prefix: {} }] } },
        { set: { name: "passed4", elem: [element(["100.64.0.1", "100.64.0.2", "tcp", 443], 300, 4)] } },
        { set: { name: "seen4", elem: [element(["100.64.0.1", "100.64.0.2", "tcp", 443], 590)] } },
        { set: { name: "denied6_portless", elem: [element(["fd00::1", "fd00::2", "ipv6-icmp"], 600, 2)] } },
        { set: { name: "passed6" } },
        { chain: {} },
      ],
    };
    expect(kernelFlows(listed as unknown as Parameters<typeof kernelFlows>[0])).toEqual([
      kernel("100.64.0.1", "100.64.0.2", { connections: 4, quietSeconds: 10 }),
      kernel("fd00::1", "fd00::2", {
        ...{ protocol: "ipv6-icmp", port: null, verdict: "denied", connections: 2, quietSeconds: 0 },
      }),
    ]);
  });

  it("holds 4,096 flows, and takes nothing but names and ranges into its text", () => {
    const sizes = [...renderFlowTable("rn0", OVERLAY).matchAll(/set (?:passed|denied)\w+ .* size (\d+);/g)];
    expect(sizes.reduce((sum, [, size]) => sum + Number(size), 0)).toBe(4_096);
    expect(FLOW_TABLE.timeoutSeconds).toBeGreaterThan(300);
    expect(() => renderFlowTable('rn0"; flush ruleset; #', OVERLAY)).toThrow("no interface name");
    expect(() => renderFlowTable("rn0", { ...OVERLAY, ipv4: "0/0; flush ruleset" })).toThrow("no prefix");
  });
});
