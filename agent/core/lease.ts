import type { Freshness } from "../state/store.ts";

/** A moment on two clocks, in milliseconds: the wall clock, and a steady clock that nobody can set. */
export interface Moment {
  readonly wall: number;
  readonly steady: number;
}

/** Decides how long the node may keep its peers without a fresh answer of the hub. */
export interface Lease {
  /** Hub time of the last fresh answer. 0 = no answer yet. */
  readonly at: number;
  /** Hub time minus node time at the last fresh answer. */
  readonly skewMs: number;
  /** The moment of the last fresh answer on the steady clock. */
  readonly steady: number;
  /** When the lease was last written to the disk, on the steady clock. Null = not since the start. */
  readonly writtenAt: number | null;
}

/**
 * The lease is written to the disk at most this often. Leases are long, and the loss of one minute only ends a lease
 * earlier.
 */
const WRITE_EVERY_MS = 60_000;

/** The lease as the disk holds it. */
export function openLease(fresh: Freshness | null, now: Moment): Lease {
  const { at, skewMs } = fresh ?? { at: 0, skewMs: 0 };
  return { at, skewMs, steady: now.steady - Math.max(0, now.wall + skewMs - at), writtenAt: null };
}

/** Renews the lease: the hub proved at `hubTime` that it was in touch. */
export const renewLease = (lease: Lease, hubTime: number, skewMs: number, now: Moment): Lease => ({
  ...lease,
  at: Math.max(lease.at, hubTime),
  skewMs,
  steady: now.steady,
});

/**
 * Hub time minus node time, in milliseconds. It never leads back before the last fresh answer, so that a clock that is set
 * back lets no rule begin again that had ended then.
 */
export const skewOf = ({ at, skewMs }: Pick<Lease, "at" | "skewMs">, wall: number): number =>
  Math.max(skewMs, at - wall);

export const isToBeWritten = ({ writtenAt }: Lease, now: Moment): boolean =>
  writtenAt === null || now.steady - writtenAt >= WRITE_EVERY_MS;

/**
 * Measures the age of the lease on the wall clock, corrected to hub time, and on the steady clock. The greater age
 * counts, so that a clock that is set back does not lengthen the lease.
 */
export function hasEnded(lease: Lease, leaseSeconds: number, now: Moment): boolean {
  const byWall = now.wall + lease.skewMs - lease.at;
  const bySteady = now.steady - lease.steady;
  return Math.max(byWall, bySteady) > leaseSeconds * 1_000;
}
