import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Lease } from "../../../agent/core/lease.ts";
import { Store } from "../../../agent/state/store.ts";

const NOW = Date.UTC(2026, 10, 24);
const LEASE_SECONDS = 3_600;
let store: Store;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date", "performance"] });
  store = new Store(mkdtempSync(join(tmpdir(), "rustronaut-lease-")));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(store.directory, { recursive: true });
});

async function renewed(skewMs = 0): Promise<Lease> {
  const lease = await Lease.open(store);
  await lease.renew(Date.now() + skewMs, skewMs);
  return lease;
}

it("has ended on a machine that never heard of the hub", async () => {
  expect((await Lease.open(store)).hasEnded(LEASE_SECONDS)).toBe(true);
});

it("lasts as long as it says, by the hub's clock", async () => {
  const lease = await renewed(4 * 60_000);
  vi.advanceTimersByTime(LEASE_SECONDS * 1_000);
  expect(lease.hasEnded(LEASE_SECONDS)).toBe(false);
  vi.advanceTimersByTime(1);
  expect(lease.hasEnded(LEASE_SECONDS)).toBe(true);
});

it("is not lengthened by a clock that is set back", async () => {
  const lease = await renewed();
  vi.advanceTimersByTime(LEASE_SECONDS * 1_000 + 1);
  vi.setSystemTime(NOW);
  expect(lease.hasEnded(LEASE_SECONDS)).toBe(true);
});

it("goes on over a restart, the time between included", async () => {
  await (await renewed()).save();
  vi.advanceTimersByTime(LEASE_SECONDS * 1_000 - 1);
  expect((await Lease.open(store)).hasEnded(LEASE_SECONDS)).toBe(false);
  vi.advanceTimersByTime(2);
  expect((await Lease.open(store)).hasEnded(LEASE_SECONDS)).toBe(true);
});

it("is not taken back by an older answer", async () => {
  const lease = await renewed();
  await lease.renew(NOW - 10_000, 0);
  expect(lease.freshAt).toBe(NOW);
});
