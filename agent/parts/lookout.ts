import { messageOf } from "../failure.ts";
import type { Log } from "../log.ts";

/** A few system calls, which are cheaper than a tool that waits for the kernel's news. */
const LOOK_MS = 1_000;

/** Notices that this machine has moved to another network. */
export class Lookout {
  readonly #look: () => Promise<string>;
  readonly #onMove: () => Promise<void>;
  readonly #log: Log;
  #seen: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** @param look Gives a text that is another one after a move. */
  constructor(look: () => Promise<string>, onMove: () => Promise<void>, log: Log) {
    this.#look = look;
    this.#onMove = onMove;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.look().catch((error: unknown) => this.#log.warn(messageOf(error)));
    }, LOOK_MS);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  async look(): Promise<void> {
    const before = this.#seen;
    this.#seen = await this.#look();
    if (before === null || before === this.#seen) return;
    this.#log.info("This machine has other addresses, or another way to the hub");
    await this.#onMove();
  }
}
