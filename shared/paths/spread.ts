/** A deviation counts as so many usual round trips at most. */
const MAX_DEVIATION = 3;
/** What is believed before anything was measured twice, as strongly as one measurement. */
const PRIOR_DOUBT = 0.05;

/**
 * How much the measurements of one pair differ, against how much pairs differ from each other. A pair that was measured n
 * times is believed as n measurements against `doubt` ones of what is usual (empirical Bayes: variance within pairs
 * divided by that between them).
 */
export class Spread {
  #within = PRIOR_DOUBT;
  #total = PRIOR_DOUBT + 1;

  /** Takes in how far a new measurement is from its pair's mean and from what is usual: ms. */
  learn(fromMean: number, fromUsual: number, usualMs: number): void {
    const within = clip(fromMean / usualMs) ** 2;
    this.#within += within;
    this.#total += clip(fromUsual / usualMs) ** 2;
  }

  get doubt(): number {
    return this.#within / Math.max(this.#total - this.#within, this.#total * 0.01);
  }
}

const clip = (deviation: number): number => Math.max(-MAX_DEVIATION, Math.min(MAX_DEVIATION, deviation));
