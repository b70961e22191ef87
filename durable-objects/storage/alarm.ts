import { logError } from "../log.ts";

/** After this many milliseconds, a failed alarm is tried again. */
const AFTER_FAILURE_MS = 10_000;

/**
 * Sets the object's one alarm to the earliest of all due times. It is not awaited, since it is written together with
 * the rows that were changed before.
 */
export function ringAt(storage: DurableObjectStorage, times: readonly (number | null)[]): void {
  const due = times.filter((at) => at !== null && Number.isFinite(at)) as number[];
  if (due.length > 0) void storage.setAlarm(Math.min(...due));
}

/**
 * Does the work of an alarm and never throws, because the platform gives an alarm up for good after six failures.
 * `work` sets the next alarm itself. When `work` fails, this function sets it.
 */
export async function onAlarm(storage: DurableObjectStorage, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    logError("alarm_failed", error);
    ringAt(storage, [Date.now() + AFTER_FAILURE_MS]);
  }
}

/**
 * Is called by the constructor. Sets the alarm again when it was lost. An alarm that is set stays unchanged, even when
 * it is late.
 */
export function ringIfSilent(ctx: DurableObjectState, ring: () => void): void {
  void ctx.blockConcurrencyWhile(async () => {
    if ((await ctx.storage.getAlarm()) === null) ring();
  });
}

/**
 * An alarm that is only set when it must ring earlier. An alarm that rings too early finds nothing due and sets the
 * next time.
 */
export class RisingAlarm {
  readonly #storage: DurableObjectStorage;
  /** Null while the time of the alarm is not known. */
  #at: number | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Makes the alarm ring no later than the earliest of the times. */
  ring(times: readonly (number | null)[], now: number): void {
    const at = Math.min(...times.filter((time) => time !== null));
    if (this.#at !== null && this.#at > now && this.#at <= at) return;
    this.#at = at;
    ringAt(this.#storage, [at]);
  }

  /** Must be called first when the alarm rang. */
  rang(): void {
    this.#at = null;
  }
}
