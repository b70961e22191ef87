import { describe, expect, it } from "vitest";
import { DIRECT, PathChooser } from "../../../shared/paths/choice.ts";
import { LatencyEstimator } from "../../../shared/paths/estimator.ts";
import { RECENT } from "../../../shared/paths/pair-memory.ts";
import { regret } from "../../../shared/paths/regret.ts";
import { RelayTable } from "../../../shared/paths/relay-table.ts";

const [A, B, R, S] = [0, 1, 2, 3] as const;

type Series = Readonly<Record<string, (round: number) => number>>;

/** What was measured in so many rounds in which `from>to` had such values. */
function measuredIn(rounds: number, series: Series): LatencyEstimator {
  const estimator = new LatencyEstimator(4);
  for (let round = 0; round < rounds; round++) {
    for (const [pair, value] of Object.entries(series)) {
      const [from = 0, to = 0] = pair.split(">").map(Number);
      estimator.observe(from, to, value(round));
    }
    estimator.endRound();
  }
  return estimator;
}

/** A chooser after these rounds; R and S are relays 0 and 1. */
function chooserAfter(rounds: number, series: Series): PathChooser {
  const estimator = measuredIn(rounds, series);
  const table = new RelayTable(4, Int32Array.of(R, S));
  for (const node of [A, B])
    for (const [number, relay] of [R, S].entries())
      table.set(node, number, estimator.expected(node, relay, 1), estimator.expected(relay, node, 1));
  return new PathChooser(estimator, table);
}

const steady = (ms: number) => (round: number) => ms + (round % 2) * 0.1;

describe("the choice of a path", () => {
  it("takes the relay that saves most", () => {
    const chooser = chooserAfter(20, {
      "0>1": steady(100),
      "0>2": steady(30),
      "2>1": steady(20),
      "0>3": steady(20),
      "3>1": steady(20),
    });
    const choice = chooser.choose(A, B, DIRECT);
    expect(choice).toMatchObject({ relay: 1, why: "relay_is_better" });
    expect(choice.weighed[0]).toMatchObject({ relay: 1, regret: 0 });
  });

  it("stays direct where a relay saves no more than what it costs", () => {
    const chooser = chooserAfter(20, { "0>1": steady(42), "0>2": steady(20), "2>1": steady(20) });
    expect(chooser.choose(A, B, DIRECT)).toMatchObject({ relay: DIRECT, why: "direct_is_better" });
    const hardly = chooserAfter(20, { "0>1": steady(200), "0>2": steady(100), "2>1": steady(96) });
    expect(hardly.choose(A, B, DIRECT)).toMatchObject({ relay: DIRECT, why: "direct_is_better" });
  });

  it("stays direct where a shorter path would often be regretted", () => {
    const erratic = (round: number) => ((round * 7) % 10 < 3 ? 300 : 10 + (round % 3));
    const chooser = chooserAfter(41, { "0>1": steady(150), "0>2": steady(20), "2>1": erratic });
    const choice = chooser.choose(A, B, DIRECT);
    expect(choice.weighed[0]?.ms).toBeLessThan(choice.directMs * 0.98);
    expect(choice.weighed[0]?.regret).toBeGreaterThan(0.05);
    expect(choice).toMatchObject({ relay: DIRECT, why: "direct_is_better" });
  });

  it("keeps the relay in use when another one is hardly better", () => {
    const chooser = chooserAfter(20, {
      "0>1": steady(100),
      "0>2": steady(21),
      "2>1": steady(20),
      "0>3": steady(20),
      "3>1": steady(20),
    });
    expect(chooser.choose(A, B, 0)).toMatchObject({ relay: 0, why: "kept" });
    expect(chooser.choose(A, B, DIRECT)).toMatchObject({ relay: 1 });
  });

  it("leaves the relay in use when its paths got worse than the direct one", () => {
    const worse = (round: number) => (round < 20 ? 20 : 200) + (round % 2) * 0.1;
    const chooser = chooserAfter(40, { "0>1": steady(100), "0>2": steady(21), "2>1": worse });
    expect(chooser.choose(A, B, 0).relay).toBe(DIRECT);
    // Another one that is hardly better is no reason to stay.
    const bothWorse = { "0>2": steady(81), "2>1": steady(80), "0>3": steady(80), "3>1": steady(80) };
    const between = chooserAfter(20, { "0>1": steady(100), ...bothWorse });
    expect(between.choose(A, B, 0).relay).toBe(DIRECT);
  });

  it("never chooses for a pair whose direct path was not measured, nor an end as its own relay", () => {
    const chooser = chooserAfter(5, { "0>2": steady(20), "2>1": steady(20) });
    expect(chooser.choose(A, B, DIRECT)).toMatchObject({ relay: DIRECT, why: "direct_unknown" });
    expect(chooserAfter(5, { "0>2": steady(20) }).choose(A, R, DIRECT)).toMatchObject({
      relay: DIRECT,
      why: "no_relay",
    });
  });
});

describe("how likely a relay is regretted", () => {
  const ROUNDS = 8;
  const chosenAfter = (direct: (round: number) => number) =>
    measuredIn(41, { "0>1": direct, "0>2": steady(20), "2>1": steady(20) });

  it("is certain where the relay was never shorter, and impossible where it always was", () => {
    expect(regret(chosenAfter(steady(20)), A, R, B, ROUNDS)).toBeCloseTo(1, 9);
    expect(regret(chosenAfter(steady(100)), A, R, B, ROUNDS)).toBe(0);
  });

  it("is as likely as the last report stays, where that alone was bad, and the rest where that alone was good", () => {
    const only = (last: number, before: number) =>
      chosenAfter((round) => (round === 40 ? last : before) + (round % 2) * 0.1);
    const bad = only(20, 100);
    const stays = bad.weight(A, bad.slot(A, B), ROUNDS);
    expect(stays).toBeGreaterThan(0);
    expect(stays).toBeLessThan(1);
    expect(regret(bad, A, R, B, ROUNDS)).toBeCloseTo(stays + (1 - stays) / RECENT, 9);
    const good = only(100, 20);
    const kept = good.weight(A, good.slot(A, B), ROUNDS);
    expect(regret(good, A, R, B, ROUNDS)).toBeCloseTo(((1 - kept) * (RECENT - 1)) / RECENT, 9);
  });
});
