/** Does one piece of work at a time, in the order in which they were asked for. One that fails holds up no other. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Rejects as the work does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when nothing is under way and nothing waits, of what was asked for so far. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
