import { logError } from "../log.ts";

/** Milliseconds until an alarm that went wrong is tried again. */
const AFTER_FAILURE_MS = 10_000;

/**
 * Sets the object's one alarm to the earliest of all times at which something is due. Not awaited: it is written
 * together with the rows that were changed before it.
 */
export function ringAt(storage: DurableObjectStorage, times: readonly (number | null)[]): void {
  const due = times.filter((at) => at !== null && Number.isFinite(at)) as number[];
  if (due.length > 0) void storage.setAlarm(Math.min(...due));
}

/**
 * Does the work of an alarm and never throws: after six failures the platform would give the alarm up for good.
 * `work` sets the next alarm itself; when it fails, this does.
 */
export async function onAlarm(storage: DurableObjectStorage, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    logError("alarm_failed", error);
    ringAt(storage, [Date.now() + AFTER_FAILURE_MS]);
  }
}

/** For the constructor: sets the alarm again where it was lost. One that is set is left alone, even when it is late. */
export function ringIfSilent(ctx: DurableObjectState, ring: () => void): void {
  void ctx.blockConcurrencyWhile(async () => {
    if ((await ctx.storage.getAlarm()) === null) ring();
  });
}

/** An alarm that is set only when it must ring earlier than it does already: one that rings too early looks and goes on. */
export class RisingAlarm {
  readonly #storage: DurableObjectStorage;
  /** Null while nothing is known of it. */
  #at: number | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Rings at the earliest of the times at the latest. */
  ring(times: readonly (number | null)[], now: number): void {
    const at = Math.min(...times.filter((time) => time !== null));
    if (this.#at !== null && this.#at > now && this.#at <= at) return;
    this.#at = at;
    ringAt(this.#storage, [at]);
  }

  /** To be called first when it rang. */
  rang(): void {
    this.#at = null;
  }
}
