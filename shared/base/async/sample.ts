/**
 * Picks which of many happenings are recorded, where anybody can cause them: some at once, then one in a while. It
 * counts those that it leaves out, so that the next record can say how many there were.
 */
export class Sample {
  readonly #most: number;
  readonly #everyMs: number;
  #left: number;
  #at = Number.NEGATIVE_INFINITY;
  #leftOut = 0;

  /**
   * @param most How many are picked at once after a quiet time.
   * @param everyMs Milliseconds until one more may be picked.
   */
  constructor(most: number, everyMs: number) {
    this.#most = most;
    this.#everyMs = everyMs;
    this.#left = most;
  }

  /**
   * Null if this one is left out. Otherwise how many were left out since the last one that was picked.
   *
   * @param now Milliseconds.
   */
  pick(now: number): number | null {
    const passed = Math.max(0, now - this.#at);
    this.#left = Math.min(this.#most, this.#left + passed / this.#everyMs);
    this.#at = now;
    if (this.#left < 1) {
      this.#leftOut += 1;
      return null;
    }
    this.#left -= 1;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
