import { describe, expect, test } from "vitest";
import {
  type BalanceSettings,
  DEFAULT_BALANCE_SETTINGS,
  upstreamsInOrder,
} from "../../../shared/http/upstream-order.ts";

const origins = (count: number) => Array.from({ length: count }, (_, i) => `https://u${i}.example`);
const order = (
  count: number,
  settings: Partial<BalanceSettings>,
  key = "k",
  resting: readonly number[] = [],
) => {
  const listed = origins(count);
  return upstreamsInOrder(
    listed.map((origin) => ({ origin })),
    listed,
    { ...DEFAULT_BALANCE_SETTINGS, ...settings },
    key,
    ({ origin }) => resting.includes(listed.indexOf(origin)),
  ).map(({ origin }) => listed.indexOf(origin));
};
const KEYS = Array.from({ length: 6_000 }, (_, i) => `ses_${i}`);

describe("the order of upstreams", () => {
  test("first: as they are listed, those that rest or take nothing last", () => {
    expect(order(3, {})).toEqual([0, 1, 2]);
    expect(order(3, {}, "k", [0])).toEqual([1, 2, 0]);
    expect(order(3, { upstreamWeights: [0] })).toEqual([1, 2, 0]);
    expect(order(3, { upstreamWeights: [0] }, "k", [1, 2])).toEqual([0, 1, 2]);
  });
  test("sticky: a session keeps its order, and weights are shares", () => {
    const sticky = { upstreamChoice: "sticky", upstreamWeights: [3, 1, 0] } as const;
    const firsts = KEYS.map((key) => order(3, sticky, key)[0]);
    expect(KEYS.map((key) => order(3, sticky, key)[0])).toEqual(firsts);
    const share = firsts.filter((first) => first === 0).length / KEYS.length;
    expect(share).toBeGreaterThan(0.72);
    expect(share).toBeLessThan(0.78);
    expect(firsts).not.toContain(2);
  });
  test("sticky: one more upstream takes its share, and moves nobody else", () => {
    const sticky = { upstreamChoice: "sticky" } as const;
    const moved = KEYS.filter((key) => order(3, sticky, key)[0] !== order(4, sticky, key)[0]);
    expect(moved.every((key) => order(4, sticky, key)[0] === 3)).toBe(true);
    expect(moved.length / KEYS.length).toBeGreaterThan(0.2);
    expect(moved.length / KEYS.length).toBeLessThan(0.3);
  });
  test("whoever's upstream rests goes where the session would go without it, and comes back", () => {
    const sticky = { upstreamChoice: "sticky" } as const;
    for (const key of KEYS.slice(0, 200)) {
      const [first, second, third] = order(3, sticky, key);
      expect(order(3, sticky, key, [first ?? 0])).toEqual([second, third, first]);
    }
  });
});
