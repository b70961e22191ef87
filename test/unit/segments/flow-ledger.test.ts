import { describe, expect, it } from "vitest";
import type { FlowReport } from "../../../shared/node/protocol/types.ts";
import { flowGraph } from "../../../shared/segments/flow-graph.ts";
import {
  believed,
  HALF_LIFE_MS,
  type LedgerFlow,
  MOST_PER_REPORT,
  noteFlows,
  RETENTION_MS,
  shareOf,
} from "../../../shared/segments/flow-ledger.ts";

const NOW = 1_800_000_000_000;
const flowOf = (more: Partial<FlowReport> = {}): FlowReport => ({
  direction: "in",
  peer: "b",
  near: null,
  far: null,
  protocol: "tcp",
  port: 443,
  verdict: "allowed",
  count: 1,
  seenAt: NOW,
  ...more,
});

describe("what is believed of a node's flows", () => {
  const ROUTES: Readonly<Record<string, readonly string[]>> = { a: ["10.0.0.0/24"], b: ["10.1.0.0/16"] };
  const reporter = {
    node: "a",
    idOf: (peer: string) => ({ a: "a", b: "b", c: "c", "100.64.0.3": "c" })[peer] ?? null,
    isLinked: (peer: string) => peer === "b",
    routesOf: (node: string) => ROUTES[node] ?? [],
  };
  const taken = (more: Partial<FlowReport>) => believed([flowOf(more)], reporter, NOW);

  it("is what is its own, with a node that exists, and of permitted flows one that it may talk to", () => {
    expect(taken({}).refused).toBe(0);
    expect(taken({ verdict: "denied", peer: "c" }).flows[0]?.peer).toBe("c");
    // An attempt at an address without a peer is one at the node that has it.
    expect(taken({ verdict: "denied", peer: "100.64.0.3" }).flows[0]?.peer).toBe("c");
    for (const wrong of [
      { peer: "a" },
      { peer: "a", verdict: "denied" as const },
      { peer: "nobody" },
      { peer: "100.64.9.9", verdict: "denied" as const },
      { peer: "c" },
    ])
      expect(taken(wrong)).toEqual({ flows: [], refused: 1 });
  });

  it("names only networks that are approved for that end", () => {
    expect(taken({ near: "10.0.0.0/24", far: "10.1.0.0/16" }).refused).toBe(0);
    expect(taken({ near: "10.1.0.0/16" }).refused).toBe(1);
    expect(taken({ far: "10.0.0.0/24" }).refused).toBe(1);
    expect(taken({ peer: "c", verdict: "denied", far: "10.1.0.0/16" }).refused).toBe(1);
  });

  it("is clipped: no number without bound, nothing in the future, nothing that is forgotten at once", () => {
    const [flow] = taken({ count: Number.MAX_SAFE_INTEGER, seenAt: NOW + 1e9 }).flows;
    expect([flow?.count, flow?.seenAt]).toEqual([MOST_PER_REPORT, NOW]);
    expect(taken({ seenAt: NOW - RETENTION_MS }).refused).toBe(1);
    expect(taken({ seenAt: 0 }).refused).toBe(1);
  });
});

describe("what is kept of a node's flows", () => {
  it("adds up, halves in a week, and ends after thirty days", () => {
    const first = noteFlows([], [flowOf({ count: 8 })], 100, NOW);
    const later = NOW + HALF_LIFE_MS;
    const second = noteFlows(first, [flowOf({ count: 1, seenAt: later })], 100, later);
    expect(second).toMatchObject([{ weight: 5, firstAt: NOW, seenAt: later }]);
    // A late report of an earlier time counts, and does not make the flow older.
    expect(noteFlows(second, [flowOf({ count: 2, seenAt: NOW })], 100, later)[0]).toMatchObject({
      weight: 7,
      seenAt: later,
    });
    expect(noteFlows(second, [], 100, later + RETENTION_MS)).toEqual([]);
  });

  it("has a bound, and denied attempts can't drive out permitted flows, nor these the attempts", () => {
    const flood = (verdict: FlowReport["verdict"], from: number) =>
      Array.from({ length: 500 }, (_, n) => flowOf({ verdict, port: n + 1, seenAt: from + n }));
    let ledger: LedgerFlow[] = [];
    for (const verdict of ["allowed", "denied", "denied"] as const)
      ledger = noteFlows(ledger, flood(verdict, NOW), 100, NOW);
    const count = (verdict: string) => ledger.filter((flow) => flow.verdict === verdict).length;
    expect([count("allowed"), count("denied")]).toEqual([75, 25]);
    expect(Math.min(...ledger.map(({ port }) => port ?? 0))).toBe(426);
    expect([1, 128, 256, 10_000, 1_000_000].map(shareOf)).toEqual([512, 512, 256, 16, 16]);
  });
});

describe("the graph of flows", () => {
  const ledger = (more: Partial<FlowReport>) => noteFlows([], [flowOf(more)], 10, NOW);

  it("joins what both ends report, and says who did", () => {
    const graph = flowGraph(
      [
        { node: "a", flows: ledger({ direction: "out", peer: "b", count: 9 }) },
        { node: "b", flows: ledger({ direction: "in", peer: "a", count: 7, far: null }) },
        { node: "c", flows: ledger({ direction: "in", peer: "a", verdict: "denied", seenAt: NOW - 5 }) },
      ],
      NOW,
    );
    expect(
      graph.map(({ source, destination, count, reportedBy }) => [
        source.node,
        destination.node,
        count,
        reportedBy,
      ]),
    ).toEqual([
      ["a", "b", 9, ["source", "destination"]],
      ["a", "c", 1, ["destination"]],
    ]);
  });

  it("tells networks behind a node from the node", () => {
    const graph = flowGraph(
      [
        { node: "r", flows: ledger({ peer: "a", near: "10.0.0.0/24" }) },
        { node: "a", flows: ledger({ direction: "out", peer: "r", far: "10.0.0.0/24" }) },
        { node: "a", flows: ledger({ direction: "out", peer: "r" }) },
      ],
      NOW,
    );
    expect(graph.map(({ destination }) => destination.network).sort()).toEqual(["10.0.0.0/24", null]);
    expect(flowGraph([{ node: "a", flows: ledger({}) }], NOW + RETENTION_MS)).toEqual([]);
  });
});
