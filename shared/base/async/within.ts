import type { Timer } from "./timer.ts";

/** There was no answer in time. The requested work may still be done later. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/**
 * The value of the promise, if it settles within `ms` milliseconds. The work behind the promise goes on, so
 * the work must be idempotent.
 *
 * @throws TimedOut If the promise takes longer.
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
