/** A rate of bytes, with a burst of what it gives in a tenth of a second (the token bucket of RFC 2697 §3). */
export class Budget {
  readonly bytesPerSecond: number;
  readonly #perMs: number;
  readonly #most: number;
  #left: number;
  #at: number;

  constructor(bytesPerSecond: number, now: number) {
    this.bytesPerSecond = bytesPerSecond;
    this.#perMs = bytesPerSecond / 1_000;
    this.#most = bytesPerSecond / 10;
    this.#left = this.#most;
    this.#at = now;
  }

  /** Whether this many bytes may pass now. They are taken then. */
  take(bytes: number, now: number): boolean {
    this.#left = Math.min(this.#most, this.#left + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}
