import { describe, expect, it } from "vitest";
import { takeAllowance } from "../../../shared/node/allowance.ts";

/** How many of the attempts at these times are let through. */
function granted(times: readonly number[], wholeAt = 0): number {
  let count = 0;
  let kept = wholeAt;
  for (const now of times) {
    const taken = takeAllowance(kept, now);
    if (!taken.ok) continue;
    kept = taken.wholeAt;
    count += 1;
  }
  return count;
}

const every = (ms: number, count: number) => Array.from({ length: count }, (_, n) => 1_000_000 + n * ms);

describe("S-A9: an allowance", () => {
  it("grants ten at once and one more every six seconds, however hard somebody tries", () => {
    expect(granted(every(0, 1_000))).toBe(10);
    expect(granted(every(60, 1_000))).toBe(19);
    expect(granted(every(6_000, 100))).toBe(100);
  });

  it("says exactly how long to wait", () => {
    let wholeAt = 0;
    for (let n = 0; n < 10; n++) {
      const taken = takeAllowance(wholeAt, 1_000);
      if (taken.ok) wholeAt = taken.wholeAt;
    }
    const refused = takeAllowance(wholeAt, 2_500);
    expect(refused).toEqual({ ok: false, waitMs: 4_500 });
    expect(takeAllowance(wholeAt, 6_999).ok).toBe(false);
    expect(takeAllowance(wholeAt, 7_000).ok).toBe(true);
  });

  it("is no longer than a minute away, also after a clock was set back", () => {
    expect(takeAllowance(9_999_999_999, 0)).toEqual({ ok: false, waitMs: 6_000 });
  });
});
