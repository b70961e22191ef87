/** Lets something happen so many times within a second, and not once more: for what anybody can set off. */
export class PerSecond {
  readonly #most: number;
  #since = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether it may happen once more. @param now Milliseconds. */
  take(now: number): boolean {
    if (now - this.#since >= 1_000) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#most;
  }
}
