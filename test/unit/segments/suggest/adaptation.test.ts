import { describe, expect, it } from "vitest";
import type { ObservedFlow } from "../../../../shared/segments/flow-graph.ts";
import {
  type Applied,
  type Budget,
  type Costed,
  GRACE_MS,
  type InForce,
  meaningOf,
  missed,
  mustStop,
  nextNarrowings,
} from "../../../../shared/segments/suggest/adaptation.ts";
import { confidenceAfter } from "../../../../shared/segments/suggest/narrowing.ts";
import { randomFrom } from "../../../support/random.ts";
import { bySeed, drawn, SEED } from "../../../support/sample.ts";

const NOW = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const BUDGET: Budget = { perDay: 2, percent: 10, days: 14 };

const narrowing = (rule: string, more: Partial<Costed> = {}): Costed => ({
  ...{ rule, before: ["any"], after: ["tcp/443"], days: 20, confidence: confidenceAfter(20) },
  ...{ pairs: 10, used: 3, share: 0.02 },
  ...more,
});
const chosen = (candidates: Costed[], applied: Applied[] = [], budget = BUDGET) =>
  nextNarrowings(candidates, budget, applied, [], NOW).map(({ rule }) => rule);

describe("which narrowings are put in force by themselves", () => {
  it("are the surest, as many as the budget leaves, and none that is not sure or not watched for long enough", () => {
    const all = [narrowing("a"), narrowing("b", { confidence: 0.97 }), narrowing("c")];
    expect(chosen(all)).toEqual(["b", "a"]);
    expect(chosen([narrowing("a", { confidence: 0.89 })])).toEqual([]);
    expect(chosen([narrowing("a", { days: 13 })])).toEqual([]);
    expect(chosen([narrowing("big", { share: 0.11 }), narrowing("small")])).toEqual(["small"]);
  });

  it("leave what was turned down or taken back alone, however sure", () => {
    const sure = narrowing("a", { confidence: 0.99 });
    expect(nextNarrowings([sure], BUDGET, [], [meaningOf(sure)], NOW)).toEqual([]);
    expect(nextNarrowings([sure], BUDGET, [], [meaningOf(narrowing("b"))], NOW)).toHaveLength(1);
  });

  it("never exceed the budget in any 24 hours, whatever comes and is taken back", () => {
    const random = randomFrom(SEED);
    for (let run = 0; run < drawn(20, 500); run++) {
      const budget = {
        perDay: 1 + Math.floor(random() * 4),
        percent: 1 + Math.floor(random() * 20),
        days: 7,
      };
      const applied: Applied[] = [];
      for (let step = 0, now = NOW; step < 200; step++, now += random() * DAY_MS * 0.3) {
        const candidates = Array.from({ length: 4 }, (_, at) =>
          narrowing(`${step}-${at}`, { share: random() * 0.1, confidence: 0.85 + random() * 0.14 }),
        );
        for (const one of nextNarrowings(candidates, budget, applied, [], now))
          applied.push({ id: one.rule, at: now, share: one.share, undoneAt: random() < 0.3 ? now : null });
      }
      for (const { at } of applied) {
        const day = applied.filter((one) => one.at > at - DAY_MS && one.at <= at);
        expect(day.length, bySeed).toBeLessThanOrEqual(budget.perDay);
        const share = day.reduce((sum, one) => sum + one.share, 0);
        expect(share, bySeed).toBeLessThanOrEqual(budget.percent / 100 + 1e-9);
      }
    }
    expect.hasAssertions();
  });
});

describe("a denied attempt", () => {
  const inForce: InForce = {
    ...{ id: "n", at: NOW - DAY_MS, before: ["tcp"], after: ["tcp/443"] },
    ...{ from: new Set(["a"]), to: new Set(["b"]) },
  };
  const attempt = (more: Partial<ObservedFlow> = {}): ObservedFlow => ({
    source: { node: "a", network: null },
    destination: { node: "b", network: null },
    ...{ protocol: "tcp", port: 22, verdict: "denied", count: 1 },
    ...{ firstSeenAt: NOW - 1_000, lastSeenAt: NOW - 1_000, reportedBy: ["source"] },
    ...more,
  });
  const isMissed = (flow: ObservedFlow, more: Partial<InForce> = {}) =>
    missed([{ ...inForce, ...more }], [flow], NOW).length === 1;

  it("brings back what a narrowing took, if it is exactly of that, after it and within the grace", () => {
    expect(isMissed(attempt())).toBe(true);
    expect(isMissed(attempt(), { after: [] })).toBe(true);
    expect(isMissed(attempt({ verdict: "allowed" }))).toBe(false);
    expect(isMissed(attempt({ port: 443 }))).toBe(false);
    expect(isMissed(attempt({ protocol: "udp" }))).toBe(false);
    expect(isMissed(attempt({ source: { node: "stranger", network: null } }))).toBe(false);
    expect(isMissed(attempt({ lastSeenAt: NOW - 2 * DAY_MS }))).toBe(false);
    expect(isMissed(attempt(), { at: NOW - GRACE_MS - 1 })).toBe(false);
  });

  it("does so for nobody who scans ports", () => {
    expect(isMissed(attempt({ port: null }))).toBe(false);
  });

  it("makes it stop after three returns within the grace", () => {
    const undone = (ago: number): Applied => ({ id: "", at: 0, share: 0.1, undoneAt: NOW - ago });
    expect(mustStop([undone(0), undone(DAY_MS)], NOW)).toBe(false);
    expect(mustStop([undone(0), undone(DAY_MS), undone(GRACE_MS + 1)], NOW)).toBe(false);
    expect(mustStop([undone(0), undone(DAY_MS), undone(2 * DAY_MS)], NOW)).toBe(true);
  });
});
