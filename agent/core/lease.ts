import type { Freshness } from "../state/store.ts";

/** A moment by two clocks, in milliseconds: the wall clock, and one that nobody sets. */
export interface Moment {
  readonly wall: number;
  readonly steady: number;
}

/** Until when the peers may be kept without a fresh answer of the hub. */
export interface Lease {
  /** Hub time of the last fresh answer; 0 = none yet. */
  readonly at: number;
  /** Hub time minus node time, as it was then. */
  readonly skewMs: number;
  /** When that was by the steady clock. */
  readonly steady: number;
  /** When it was written to the disk last, by the steady clock; null = not since the start. */
  readonly writtenAt: number | null;
}

/** On disk at most this often: the lease is long, and a lost minute errs towards denial. */
const WRITE_EVERY_MS = 60_000;

/** As it was left on the disk. */
export function openLease(fresh: Freshness | null, now: Moment): Lease {
  const { at, skewMs } = fresh ?? { at: 0, skewMs: 0 };
  return { at, skewMs, steady: now.steady - Math.max(0, now.wall + skewMs - at), writtenAt: null };
}

/** The hub proved at `hubTime` that it was in touch. */
export const renewLease = (lease: Lease, hubTime: number, skewMs: number, now: Moment): Lease => ({
  ...lease,
  at: Math.max(lease.at, hubTime),
  skewMs,
  steady: now.steady,
});

export const isToBeWritten = ({ writtenAt }: Lease, now: Moment): boolean =>
  writtenAt === null || now.steady - writtenAt >= WRITE_EVERY_MS;

/**
 * Time is taken from the wall clock, corrected to the hub's, and from the steady one: the one that is further decides, so
 * that setting a clock back does not lengthen a lease.
 */
export function hasEnded(lease: Lease, leaseSeconds: number, now: Moment): boolean {
  const byWall = now.wall + lease.skewMs - lease.at;
  const bySteady = now.steady - lease.steady;
  return Math.max(byWall, bySteady) > leaseSeconds * 1_000;
}
