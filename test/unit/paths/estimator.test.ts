import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LatencyEstimator } from "../../../shared/paths/estimator.ts";
import { PairIndex } from "../../../shared/paths/pair-index.ts";

describe("the index of pairs", () => {
  it("gives each pair one slot, in the order in which they came", () => {
    // So many that the index grows.
    const pairs = fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { minLength: 1_000, maxLength: 1_500 });
    fc.assert(
      fc.property(pairs, (named) => {
        const index = new PairIndex();
        const model = new Map<string, number>();
        for (const [from, to] of named) {
          if (!model.has(`${from} ${to}`)) model.set(`${from} ${to}`, model.size);
          expect(index.add(from, to)).toBe(model.get(`${from} ${to}`));
        }
        const all = Array.from({ length: 61 * 61 }, (_, n) => [Math.floor(n / 61), n % 61] as const);
        expect(all.map(([from, to]) => index.find(from, to))).toEqual(
          all.map(([from, to]) => model.get(`${from} ${to}`) ?? -1),
        );
      }),
      { numRuns: 5 },
    );
  });

  it("holds node numbers up to 2^24 apart", () => {
    const index = new PairIndex();
    const largest = 2 ** 24 - 1;
    expect(index.add(largest, 0)).toBe(0);
    expect(index.add(0, largest)).toBe(1);
    // Their keys differ above the 32nd bit alone.
    expect([index.add(0, 0), index.add(256, 0)]).toEqual([2, 3]);
    expect(index.find(largest, largest)).toBe(-1);
  });
});

/** Two nodes' round trips: `rounds[i][j]` is what node 0 reports of node 1 + j in round i. */
function watched(rounds: readonly (readonly number[])[]): LatencyEstimator {
  const estimator = new LatencyEstimator(1 + (rounds[0]?.length ?? 0));
  for (const values of rounds) {
    values.forEach((ms, index) => {
      estimator.observe(0, 1 + index, ms);
    });
    estimator.endRound();
  }
  return estimator;
}

/** Node 0 measures again in every fifth round; the values jump between 100 and 300 ms. */
const everyFifth = (rounds: number) =>
  Array.from({ length: rounds }, (_, round) =>
    [0, 1, 2, 3].map((pair) => ((Math.floor(round / 5) * 7 + pair * 3) % 5 < 2 ? 100 : 300)),
  );

describe("what the round trip will be", () => {
  it("is unknown for a pair that was never measured", () => {
    expect(watched([[20]]).expected(1, 0, 1)).toBeNaN();
  });

  it("is the last value while the node has not measured again, and leaves it when the next report is due", () => {
    const series = everyFifth(200);
    const beforeReport = watched(series.slice(0, 200));
    const afterReport = watched(series.slice(0, 196));
    const last = (series[195] as number[])[0] as number;
    const distance = (estimator: LatencyEstimator) => Math.abs(estimator.expected(0, 1, 1) - last);
    expect(distance(afterReport)).toBeLessThan(2);
    expect(distance(beforeReport)).toBeGreaterThan(30);
  });

  it("goes to the long mean when it is asked for later", () => {
    const estimator = watched(everyFifth(200));
    const { mean } = estimator.memory;
    expect(estimator.expected(0, 1, 50)).toBeCloseTo(mean[estimator.slot(0, 1)] as number, 0);
  });

  it("stays at the last value where values stay", () => {
    const rounds = Array.from({ length: 40 }, (_, round) =>
      [0, 1, 2].map((pair) => (round < 20 ? 50 : 90) + pair),
    );
    expect(watched(rounds).expected(0, 1, 1)).toBeGreaterThan(80);
  });

  it("is not moved by what is no time", () => {
    const estimator = watched([[20], [21]]);
    const before = estimator.expected(0, 1, 1);
    const wrong = [Number.NaN, -5, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e9];
    expect(wrong.map((ms) => estimator.observe(0, 1, ms))).toEqual(wrong.map(() => false));
    estimator.endRound();
    expect(estimator.expected(0, 1, 1)).toBe(before);
  });

  it("is not moved by a report that is told twice", () => {
    const once = watched([
      [20, 30],
      [40, 30],
    ]);
    const twice = watched([
      [20, 30],
      [40, 30],
      [40, 30],
    ]);
    expect(twice.memory.mean[twice.slot(0, 1)]).toBe(once.memory.mean[once.slot(0, 1)]);
    expect(twice.memory.count[twice.slot(0, 1)]).toBe(2);
  });

  it("stays a finite time between the least and the largest measured, whatever is reported", () => {
    const value = fc.oneof(fc.double(), fc.double({ min: 0.1, max: 500 }));
    const reports = fc.array(fc.tuple(fc.nat(3), fc.nat(3), value, fc.boolean()), { maxLength: 300 });
    fc.assert(
      fc.property(reports, fc.integer({ min: 1, max: 20 }), (told, rounds) => {
        const estimator = new LatencyEstimator(4);
        const taken: { pair: [number, number]; ms: number }[] = [];
        for (const [from, to, ms, ends] of told) {
          if (estimator.observe(from, to, ms)) taken.push({ pair: [from, to], ms });
          if (ends) estimator.endRound();
        }
        estimator.endRound();
        const values = taken.map(({ ms }) => ms);
        for (const { pair } of taken) {
          const expected = estimator.expected(...pair, rounds);
          expect(expected).toBeGreaterThanOrEqual(Math.min(...values) * 0.999);
          expect(expected).toBeLessThanOrEqual(Math.max(...values) * 1.001);
        }
      }),
      { numRuns: 100 },
    );
  });
});
