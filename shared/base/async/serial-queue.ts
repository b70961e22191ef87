/**
 * Does one piece of work at a time, in the order of the calls. If one piece of work fails, the next ones
 * still run.
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Rejects if the work rejects. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when all work that was requested before this call is done. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
