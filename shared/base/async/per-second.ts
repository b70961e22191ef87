/** Limits how often something may happen within one second. Use it for things that anybody can trigger. */
export class PerSecond {
  readonly #most: number;
  #since = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Whether it may happen once more now.
   *
   * @param now Milliseconds.
   */
  take(now: number): boolean {
    if (now - this.#since >= 1_000) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#most;
  }
}
