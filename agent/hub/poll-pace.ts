import { setTimeout as sleep } from "node:timers/promises";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { jittered, pauseAfter } from "./pace.ts";

const AT_ONCE_SECONDS = 0.5;

/** Decides when the agent polls the hub again, and ends a wait or a held poll early. */
export class PollPace {
  #wake = new AbortController();
  #failures = 0;

  /** The signal that ends the current poll early. */
  get signal(): AbortSignal {
    return this.#wake.signal;
  }

  /** Ends the wait or the held poll, because a poll is worth it now. */
  wake(): void {
    this.#wake.abort();
  }

  /** Forgets the failures. They happened before the machine changed its network. */
  startAnew(): void {
    this.#failures = 0;
    this.wake();
  }

  /** Whether somebody called `wake` since the last call of this function. */
  takeWaking(): boolean {
    if (!this.#wake.signal.aborted) return false;
    this.#wake = new AbortController();
    return true;
  }

  /**
   * How long to wait after an answer. Changes often come in groups, so the next poll comes soon after a change. It
   * comes soon after a held poll, too, since the hub paces those itself. Only a quick answer without news makes the
   * agent wait longer.
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

  /** Waits until the time is over or somebody calls `wake`. */
  async rest(ms: number): Promise<void> {
    if (ms > 0 && !this.#wake.signal.aborted)
      await sleep(ms, undefined, { signal: this.#wake.signal }).catch(() => undefined);
    this.takeWaking();
  }
}
