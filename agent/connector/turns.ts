import { MAX_DATA } from "../../shared/connector/limits.ts";

/** So many bytes may wait in the socket. More would only make one stream wait longer for another one. */
const HIGH_WATER = 1024 * 1024;

/** Lets streams take turns when they have more to send than the socket takes. Whoever waits longest comes first. */
export class Turns {
  readonly #buffered: () => number;
  readonly #waiting: (() => void)[] = [];

  /** @param buffered How many bytes wait in the socket now. */
  constructor(buffered: () => number) {
    this.#buffered = buffered;
  }

  /** Resolves when one more frame may be sent. Null when it may be sent at once. */
  take(): Promise<void> | null {
    if (this.#waiting.length === 0 && this.#buffered() < HIGH_WATER) return null;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** The socket has taken bytes, or it is gone. */
  advance(): void {
    for (let room = HIGH_WATER - this.#buffered(); room > 0 && this.#waiting.length > 0; room -= MAX_DATA)
      this.#waiting.shift()?.();
  }

  /** Lets everybody go, because the socket is gone. */
  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
