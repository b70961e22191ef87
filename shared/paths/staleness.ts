import { NodeSums } from "./node-sums.ts";

/** How near the node's next report is, in quarters of a round, from two rounds before it is due to two after. */
const BINS_PER_ROUND = 4;
const BINS = 4 * BINS_PER_ROUND;
/** A value is of a report so many before its node's latest, or more. */
const LAGS = 8;
/** What is believed before anything was seen, as strongly as so many observations of a full deviation. */
const PRIOR = { weight: 0.5, strength: 4 } as const;
/** One observation counts as so large a deviation at most, relative to the mean: a spike decides nothing by itself. */
const MAX_DEVIATION = 1;

/**
 * How much a pair's last value says of its next one, against its long mean: 1 where it stays, 0 where it says nothing.
 * Learnt online for each kind of staleness, over all pairs, by least squares of (next - mean) on (last - mean).
 */
export class Staleness {
  /** For each kind the sum of products, weighed by the squares. */
  readonly #kinds: readonly NodeSums[];

  constructor(nodes: number) {
    this.#kinds = Array.from({ length: BINS + LAGS }, () => new NodeSums(nodes));
  }

  /**
   * Learns from a value of a node that came.
   * @param dueIn in how many rounds its node's report was due when it came; below zero if it was late
   * @param lag by how many reports the last value was older than the latest of its node
   */
  learn(
    node: number,
    dueIn: number,
    lag: number,
    values: { last: number; mean: number; next: number },
  ): void {
    const { last, mean, next } = values;
    const before = clip((last - mean) / mean);
    const after = clip((next - mean) / mean);
    this.#kinds[kindOf(dueIn, lag)]?.add(node, before * after, before * before);
  }

  settle(): void {
    for (const sums of this.#kinds) sums.settle();
  }

  /** The weight of the last value, 0 to 1, after so many rounds without a new one. */
  weight(dueIn: number, lag: number, rounds: number): number {
    let weight = 1;
    for (let round = 0; round < rounds; round++) weight *= this.#weightOf(kindOf(dueIn - round, lag));
    return weight;
  }

  #weightOf(kind: number): number {
    const { sum, weight } = this.#kinds[kind] as NodeSums;
    const products = sum + PRIOR.strength * PRIOR.weight;
    const squares = weight + PRIOR.strength;
    return Math.min(1, Math.max(0, products / squares));
  }
}

function kindOf(dueIn: number, lag: number): number {
  if (lag > 0) return BINS + Math.min(lag, LAGS) - 1;
  return Math.max(0, Math.min(BINS - 1, Math.round(dueIn * BINS_PER_ROUND) + BINS / 2));
}

const clip = (deviation: number): number => Math.max(-MAX_DEVIATION, Math.min(MAX_DEVIATION, deviation));
