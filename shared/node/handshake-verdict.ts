import { MAX_CLOCK_SKEW_MS } from "./protocol/types.ts";

/**
 * Decides whether a handshake that a node signed opens a session. One machine raises its counter with each handshake
 * and never signs two handshakes with one counter. Its handshakes may still arrive late, twice or in another order. Two
 * machines with a copy of one state use the same counters. Only that is a clone.
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

/**
 * Stands for the counter after a release. Every counter is new then. A remembered statement from before still opens
 * nothing twice.
 */
export const RELEASED = -1;

/** What the hub knows of a node's handshakes when another one arrives. */
export interface KnownHandshakes {
  readonly newest: NewestHandshake;
  /** The statement that came with the same counter. Null when none is remembered. */
  readonly same: string | null;
  /** When the earliest remembered statement with a higher counter was signed. Null when none is remembered. */
  readonly aboveSince: number | null;
}

/**
 * How long a statement is remembered, in milliseconds. After this time, every accepted clock has passed the latest time
 * that the statement may have named. So the hub finds the clone whatever time the other machine states.
 */
export const HANDSHAKE_MEMORY_MS = 3 * MAX_CLOCK_SKEW_MS;

/**
 * `late`: the statement was signed before the statements with a higher counter. `replayed`: this very statement came
 * before. `cloned`: somebody signed with a used counter, or with a lower counter after a higher one was signed.
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
 * The newest handshake after the registry named a floor. A floor says how far the node counted in its former segment.
 * Or it says that an administrator released the node.
 * @param takenAt `madeAt` of the floor that was taken before. A release counts once.
 */
export function newestOf(own: NewestHandshake, floor: NewestHandshake, takenAt: number): NewestHandshake {
  const isReleased = floor.counter === RELEASED && floor.madeAt !== takenAt;
  return isReleased || floor.counter > own.counter ? floor : own;
}
