import type { Hold } from "./hold.ts";

/** One direction of a WebSocket. What comes passes in its order, and waits while the stream is held. */
export class Lane {
  readonly #hold: Hold;
  readonly #waiting: { readonly bytes: number; readonly pass: () => void }[] = [];

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** @param pass Passes on what came. Called once, or never if the stream is cut before. */
  next(bytes: number, pass: () => void): void {
    if (this.#hold.since === null && this.#waiting.length === 0) {
      pass();
    } else if (this.#hold.keep(bytes)) {
      this.#waiting.push({ bytes, pass });
      if (this.#waiting.length === 1) void this.#passWaiting();
    }
  }

  async #passWaiting(): Promise<void> {
    try {
      for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
        await this.#hold.passed();
        this.#waiting.shift();
        this.#hold.release(first.bytes);
        first.pass();
      }
    } catch {
      // The stream was cut, so nothing that waits passes.
      this.#waiting.splice(0);
    }
  }
}
