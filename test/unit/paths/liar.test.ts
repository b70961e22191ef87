import { describe, expect, it } from "vitest";
import { arrived, firstArrival, phi } from "../../../shared/paths/accrual.ts";
import { type Lie, livingWith } from "../../sim/liar.ts";

const honest: Lie = ({ truth }) => [truth];
const silent: Lie = () => [];
/** What one node may say of its own round trips. */
const LIES: Readonly<Record<string, Lie>> = {
  "that it is near to everybody": () => [0.001],
  "that it is a little nearer than it is": ({ truth }) => [truth * 0.5],
  "that it is far from everybody": () => [60_000],
  "near and far in turn": ({ round }) => [round % 2 === 0 ? 0.001 : 60_000],
  "what is no time": ({ round }) => [[Number.NaN, -5, Number.POSITIVE_INFINITY, 1e300][round % 4] ?? 0],
  "its first report again and again": ({ truth, earlier }) => [earlier[0] ?? truth],
  "each value many times": ({ truth, round }) =>
    Array.from({ length: 20 }, (_, n) => truth * (n % 2 ? 0.1 : 9 + round)),
  "near to half of the nodes, far from the others": ({ to }) => [to % 2 === 0 ? 0.001 : 60_000],
  "the truth for long, then that it is near": ({ round, truth }) => [round < 25 ? truth : 0.001],
};

describe("a node that lies about its round trips", () => {
  const SEEDS = [1, 2];
  const withTruth = SEEDS.map((seed) => livingWith(honest, seed));
  const withoutIt = SEEDS.map((seed) => livingWith(silent, seed));

  it("would be a relay of others if it told the truth, so that there is something to lie about", () => {
    for (const { byLiar } of withTruth) expect(byLiar).toBeGreaterThan(10);
  });

  it.each(Object.entries(LIES))("moves nobody else's traffic to its harm by telling %s", (_, lie) => {
    SEEDS.forEach((seed, index) => {
      const lied = livingWith(lie, seed);
      const [truth, without] = [withTruth[index], withoutIt[index]];
      // It draws no pair for which its path is bad, and takes nothing from others but itself as their relay.
      expect(lied.harmed).toBe(0);
      expect(lied.paidMs).toBeLessThan(Math.max(truth?.paidMs ?? 0, without?.paidMs ?? 0) * 1.005);
    });
  });
});

describe("a clock that jumps", () => {
  it("is one silence at most, which the next sign of life ends", () => {
    let arrivals = firstArrival(0, 500);
    for (let at = 500; at <= 60_000; at += 500) arrivals = arrived(arrivals, at);
    expect(phi(arrivals, -1e12)).toBeLessThan(1);
    for (const earlier of [-1e12, 59_999, 60_000, Number.NaN])
      expect(arrived(arrivals, earlier)).toEqual(arrivals);
    // Forwards by an hour: it looks dead once, and the next sign of life ends that.
    const jumped = 60_000 + 3_600_000;
    expect(phi(arrivals, jumped)).toBeGreaterThan(8);
    expect(phi(arrived(arrivals, jumped + 500), jumped + 500)).toBeLessThan(1);
  });
});
