import { MAX_WINDOW } from "./limits.ts";

/** What one stream gets at most beyond its initial window. */
const MOST_EXTRA = MAX_WINDOW / 2;
/** Less than this is not worth a frame. */
const LEAST_EXTRA = 16 * 1024;

/**
 * Divides the memory for what was received and not taken yet. A few streams get wide windows, and many streams get
 * narrow ones, so that all of them together never hold more than the budget and their initial windows.
 *
 * Each stream should have the same share of what is left: so what all have evens out while their bytes are taken, those
 * who came first give up what those who come later get, and something is always left for the next one. (These are the
 * dynamic thresholds by which switches share a buffer: Choudhury and Hahne 1998.)
 */
export class WindowBudget {
  #left: number;

  /** @param bytes What all streams together may get beyond their initial windows. */
  constructor(bytes: number) {
    this.#left = bytes;
  }

  /**
   * What a stream should have from now on, beyond its initial window. What it gets more is taken from the budget at once.
   * What it should give up is given back as it does.
   * @param has What the stream has.
   */
  take(has = 0): number {
    const share = this.#share();
    if (share <= has) return share;
    if (share - has < LEAST_EXTRA) return has;
    this.#left -= share - has;
    return share;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }

  #share(): number {
    const share = Math.min(MOST_EXTRA, Math.floor(this.#left / 8));
    return share < LEAST_EXTRA ? 0 : share;
  }
}
