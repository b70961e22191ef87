import { MAX_WINDOW } from "./limits.ts";

/** What one stream gets at most beyond its initial window. */
const MOST_EXTRA = MAX_WINDOW / 2;
/** Less than this is not worth a frame. */
const LEAST_EXTRA = 16 * 1024;

/**
 * Divides the memory for what was received and not taken yet. A few streams get wide windows, and many streams get
 * narrow ones, so that all of them together never hold more than the budget and their initial windows.
 */
export class WindowBudget {
  #left: number;

  /** @param bytes What all streams together may get beyond their initial windows. */
  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** The bytes by which a new stream's window is widened. Give them back when the stream is over. */
  take(): number {
    const share = Math.min(MOST_EXTRA, Math.floor(this.#left / 8));
    if (share < LEAST_EXTRA) return 0;
    this.#left -= share;
    return share;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}
