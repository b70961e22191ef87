import { expect, it } from "vitest";
import {
  hasEnded,
  isToBeWritten,
  type Lease,
  type Moment,
  openLease,
  renewLease,
  skewOf,
} from "../../../agent/core/lease.ts";

const NOW: Moment = { wall: Date.UTC(2026, 10, 24), steady: 5_000 };
const LEASE_SECONDS = 3_600;
const LEASE_MS = LEASE_SECONDS * 1_000;

const after = (ms: number): Moment => ({ wall: NOW.wall + ms, steady: NOW.steady + ms });
const renewed = (skewMs = 0): Lease => renewLease(openLease(null, NOW), NOW.wall + skewMs, skewMs, NOW);

it("has ended on a machine that never heard of the hub", () => {
  expect(hasEnded(openLease(null, NOW), LEASE_SECONDS, NOW)).toBe(true);
});

it("lasts as long as it says, by the hub's clock", () => {
  const lease = renewed(4 * 60_000);
  expect(hasEnded(lease, LEASE_SECONDS, after(LEASE_MS))).toBe(false);
  expect(hasEnded(lease, LEASE_SECONDS, after(LEASE_MS + 1))).toBe(true);
});

it("is not lengthened by a clock that is set back", () => {
  expect(hasEnded(renewed(), LEASE_SECONDS, { ...after(LEASE_MS + 1), wall: NOW.wall })).toBe(true);
});

it("leads hub time on, and never back before the hub's last word, whatever the machine's clock says", () => {
  const lease = renewed(4_000);
  expect(skewOf(lease, NOW.wall + 60_000)).toBe(4_000);
  expect(NOW.wall - 86_400_000 + skewOf(lease, NOW.wall - 86_400_000)).toBe(lease.at);
});

it("goes on over a restart, the time between included", () => {
  const { at, skewMs } = renewed();
  const restarted = (ms: number): Moment => ({ wall: NOW.wall + ms, steady: 100 });
  const before = restarted(LEASE_MS - 1);
  const lease = openLease({ at, skewMs }, before);
  expect(hasEnded(lease, LEASE_SECONDS, before)).toBe(false);
  expect(hasEnded(lease, LEASE_SECONDS, { wall: before.wall + 2, steady: before.steady + 2 })).toBe(true);
  // A clock that was set back meanwhile gives no more than a whole lease.
  const early = openLease({ at, skewMs }, { wall: 0, steady: 100 });
  expect(hasEnded(early, LEASE_SECONDS, { wall: LEASE_MS + 1, steady: 100 + LEASE_MS + 1 })).toBe(true);
});

it("is not taken back by an older answer", () => {
  expect(renewLease(renewed(), NOW.wall - 10_000, 0, NOW).at).toBe(NOW.wall);
});

it("is written at first, and then once a minute", () => {
  expect(isToBeWritten(renewed(), NOW)).toBe(true);
  const written = { ...renewed(), writtenAt: NOW.steady };
  expect([59_999, 60_000].map((ms) => isToBeWritten(written, after(ms)))).toEqual([false, true]);
});
