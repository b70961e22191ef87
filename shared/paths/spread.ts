import { NodeSums } from "./node-sums.ts";

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
  /** The squares of deviations: from what is usual, weighed by those from the pairs' own means. */
  readonly #squares: NodeSums;

  constructor(nodes: number) {
    this.#squares = new NodeSums(nodes);
  }

  /** Takes in how far a node's new measurement is from its pair's mean and from what is usual: ms. */
  learn(node: number, fromMean: number, fromUsual: number, usualMs: number): void {
    if (usualMs === 0) return;
    this.#squares.add(node, clip(fromUsual / usualMs) ** 2, clip(fromMean / usualMs) ** 2);
  }

  settle(): void {
    this.#squares.settle();
  }

  get doubt(): number {
    const within = PRIOR_DOUBT + this.#squares.weight;
    const total = PRIOR_DOUBT + 1 + this.#squares.sum;
    return within / Math.max(total - within, total * 0.01);
  }
}

const clip = (deviation: number): number => Math.max(-MAX_DEVIATION, Math.min(MAX_DEVIATION, deviation));
