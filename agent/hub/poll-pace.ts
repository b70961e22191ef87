import { setTimeout as sleep } from "node:timers/promises";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { jittered, pauseAfter } from "./pace.ts";

const AT_ONCE_SECONDS = 0.5;

/** When the hub is asked again, and what cuts a wait or a held poll short. */
export class PollPace {
  #wake = new AbortController();
  #failures = 0;

  /** Of the poll under way. */
  get signal(): AbortSignal {
    return this.#wake.signal;
  }

  /** Somebody says that a poll is worth it. */
  wake(): void {
    this.#wake.abort();
  }

  /** Whatever failed so far failed elsewhere. */
  startAnew(): void {
    this.#failures = 0;
    this.wake();
  }

  /** Whether somebody woke it since the last time that this was asked. */
  takeWaking(): boolean {
    if (!this.#wake.signal.aborted) return false;
    this.#wake = new AbortController();
    return true;
  }

  /**
   * Changes come in company, and a hub that holds polls paces them itself; only a quick "no" is asked for less often.
   * @param again Whether the answer says that there is more.
   * @returns Milliseconds to wait.
   */
  afterAnswer(elapsedMs: number, again: boolean, pollSeconds: number): number {
    this.#failures = 0;
    const wasHeld = elapsedMs >= WIRE_LIMITS.waitSeconds * 500;
    return again || wasHeld
      ? jittered(AT_ONCE_SECONDS, Math.random())
      : jittered(pollSeconds, Math.random()) - elapsedMs;
  }

  /** @returns Milliseconds to wait. */
  afterFailure(askedMs: number): number {
    this.#failures++;
    return pauseAfter(this.#failures, askedMs, Math.random());
  }

  /** Until the time is over or somebody wakes it. */
  async rest(ms: number): Promise<void> {
    if (ms > 0 && !this.#wake.signal.aborted)
      await sleep(ms, undefined, { signal: this.#wake.signal }).catch(() => undefined);
    this.takeWaking();
  }
}
