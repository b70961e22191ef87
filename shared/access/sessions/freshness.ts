/**
 * How long a session object trusts what it knows about the epoch. The coordinator pushes every change, so
 * this only bounds the damage when a push was lost.
 */

/** Milliseconds after which the coordinator must be asked again before an answer is given. */
export const CONFIRM_AFTER_MS = 10_000;
/** Milliseconds after which nothing is answered without the coordinator. */
export const STALE_AFTER_MS = 30_000;

/**
 * @param confirmedAt When the coordinator was last asked with success; null when never since the object started.
 * @returns `fresh`: answer. `ask`: ask first, answer anyway if nobody replies. `stale`: ask, answer only after a reply.
 */
export function freshness(confirmedAt: number | null, now: number): "fresh" | "ask" | "stale" {
  if (confirmedAt === null) return "stale";
  const age = now - confirmedAt;
  // A clock that went backwards proves nothing about age.
  if (age < 0) return "ask";
  if (age <= CONFIRM_AFTER_MS) return "fresh";
  return age <= STALE_AFTER_MS ? "ask" : "stale";
}
