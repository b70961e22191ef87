/** When a segment's object must do something by itself. Times and durations are milliseconds. */

/** While nodes poll, the object asks the registry this often. So a lost notice costs at most this time. */
export const CATCH_UP_MS = 30_000;
const POLLED_LATELY_MS = 2 * 60_000;
/** Heads are renewed long before they expire, a few at a time, so that nodes do not all fetch them at once. */
const RENEW_BEFORE_MS = 12 * 3_600_000;
export const RENEWALS_AT_ONCE = 500;
const BETWEEN_RENEWALS_MS = 2_000;
const SWEEP_MS = 3_600_000;

export interface Known {
  readonly polledAt: number;
  readonly sweptAt: number;
  /** When the first head expires. */
  readonly nextExpiry: number | null;
  /** When the first membership may end by itself. */
  readonly nextEnd: number | null;
  /** When the first stated fact about a node ends. */
  readonly nextFactEnd: number | null;
  readonly hasMembers: boolean;
}

/** The times at which the object must be woken. */
export const wakeTimes = (known: Known, now: number): (number | null)[] => [
  isPolled(known.polledAt, now) ? now + CATCH_UP_MS : null,
  known.nextExpiry === null ? null : Math.max(known.nextExpiry - RENEW_BEFORE_MS, now + BETWEEN_RENEWALS_MS),
  known.nextEnd === null ? null : Math.max(known.nextEnd, now + BETWEEN_RENEWALS_MS),
  known.nextFactEnd === null ? null : Math.max(known.nextFactEnd, now + BETWEEN_RENEWALS_MS),
  known.hasMembers ? known.sweptAt + SWEEP_MS : null,
];

export const isPolled = (polledAt: number, now: number): boolean => now - polledAt < POLLED_LATELY_MS;

export const isSweepDue = (sweptAt: number, now: number): boolean => now - sweptAt >= SWEEP_MS;

/** Heads that expire before this time are renewed now. */
export const renewBefore = (now: number): number => now + RENEW_BEFORE_MS;
