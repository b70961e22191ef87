/**
 * How long a session object trusts the epoch that it knows. The coordinator pushes every change, so this time
 * only limits the damage after a lost push.
 */

/** After this many milliseconds, the object must ask the coordinator again before it answers. */
export const CONFIRM_AFTER_MS = 10_000;
/** After this many milliseconds, the object answers nothing until the coordinator has replied. */
export const STALE_AFTER_MS = 30_000;

/**
 * @param confirmedAt When the object last asked the coordinator with success. Null if it never did so since
 *   it started.
 * @returns `fresh`: answer. `ask`: ask first, and answer even without a reply. `stale`: ask, and answer only
 *   after a reply.
 */
export function freshness(confirmedAt: number | null, now: number): "fresh" | "ask" | "stale" {
  if (confirmedAt === null) return "stale";
  const age = now - confirmedAt;
  // The clock went backwards, so the age is unknown.
  if (age < 0) return "ask";
  if (age <= CONFIRM_AFTER_MS) return "fresh";
  return age <= STALE_AFTER_MS ? "ask" : "stale";
}
