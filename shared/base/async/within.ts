import type { Timer } from "./timer.ts";

/** There was no answer in time. What was asked for may still come about. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/**
 * What the promise holds, if it settles within `ms` milliseconds. The work behind it goes on, so it must be idempotent.
 *
 * @throws TimedOut when it takes longer.
 */
export async function within<T>(timer: Timer, ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const callOff = timer(ms, () => reject(new TimedOut(`no answer within ${ms} ms`)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    callOff();
  }
}
