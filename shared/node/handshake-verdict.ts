import { MAX_CLOCK_SKEW_MS } from "./protocol/types.ts";

/**
 * Whether a handshake that a node signed opens a session. One machine counts its handshakes up and never signs two with
 * one counter; what it signs may still come late, twice or in another order. Two machines that run on one state use the
 * same counters: only that is a clone.
 */

/** The newest handshake that was admitted. */
export interface NewestHandshake {
  readonly counter: number;
  /** When it was signed, by the node's clock, in milliseconds since the Unix epoch. */
  readonly madeAt: number;
}

export interface SignedHandshake extends NewestHandshake {
  /** Hash of the signed bytes. */
  readonly statement: string;
}

/** After a release: every counter is new again, and what is remembered from before still opens nothing twice. */
export const RELEASED = -1;

/** What is known of a node's handshakes when another one comes. */
export interface KnownHandshakes {
  readonly newest: NewestHandshake;
  /** The statement that came with the same counter; null when none is remembered. */
  readonly same: string | null;
  /** When the earliest of those remembered with a higher counter was signed; null when none is. */
  readonly aboveSince: number | null;
}

/**
 * How long a statement is remembered, in milliseconds: until every clock that is taken has passed the latest time that
 * it may have stated, so that a machine that goes on is found whatever the other one says of the time.
 */
export const HANDSHAKE_MEMORY_MS = 3 * MAX_CLOCK_SKEW_MS;

/**
 * `late`: it was signed before whatever has a higher counter. `replayed`: this very statement was seen. `cloned`:
 * somebody signed with a counter that was used, or with a lower one after a higher one was signed.
 */
export function judgeHandshake(
  made: SignedHandshake,
  { newest, same, aboveSince }: KnownHandshakes,
): "admitted" | "replayed" | "late" | "cloned" {
  if (same === made.statement) return "replayed";
  if (made.counter > newest.counter) return "admitted";
  if (same !== null) return "cloned";
  return made.madeAt > Math.min(newest.madeAt, aboveSince ?? newest.madeAt) ? "cloned" : "late";
}

/**
 * The newest handshake after the registry said how far the node had counted elsewhere: in the segment that it came from,
 * or nowhere, when an administrator released it.
 *
 * @param takenAt `madeAt` of the floor that was taken before: a release counts once.
 */
export function newestOf(own: NewestHandshake, floor: NewestHandshake, takenAt: number): NewestHandshake {
  const isReleased = floor.counter === RELEASED && floor.madeAt !== takenAt;
  return isReleased || floor.counter > own.counter ? floor : own;
}
