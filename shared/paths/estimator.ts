import { PairIndex } from "./pair-index.ts";
import { PairMemory } from "./pair-memory.ts";
import { Rhythm } from "./rhythm.ts";
import { Staleness } from "./staleness.ts";

/** Where more than this share of what a node reports has moved, the node has measured again. */
const NEWS_SHARE = 0.05;
/** Less than a microsecond or more than a minute is no measurement of a path. */
const MAX_MS = 60_000;
const MIN_MS = 0.001;

interface Observation {
  readonly from: number;
  readonly slot: number;
  readonly ms: number;
}

/**
 * What the round-trip time of each pair of nodes will be, from what nodes report in rounds. A pair's estimate lies between
 * its last value and its long mean, as near to the last one as values of that staleness proved to be worth. A node
 * whose report repeats the one before has not measured: its values grow old.
 */
export class LatencyEstimator {
  readonly nodes: number;
  /** What is remembered of each pair, by its slot. */
  readonly memory: PairMemory;
  readonly #index = new PairIndex();
  readonly #staleness: Staleness;
  readonly #rhythm: Rhythm;
  /** For each node: the number of its latest report, how many values of it came again in this round, and how many of them moved. */
  readonly #report: Uint32Array;
  readonly #told: Uint32Array;
  readonly #moved: Uint32Array;
  #observed: Observation[] = [];
  #round = 0;

  constructor(nodes: number) {
    this.nodes = nodes;
    this.memory = new PairMemory(nodes);
    this.#staleness = new Staleness(nodes);
    this.#rhythm = new Rhythm(nodes);
    this.#report = new Uint32Array(nodes);
    this.#told = new Uint32Array(nodes);
    this.#moved = new Uint32Array(nodes);
  }

  /**
   * Takes in that `from` reports a round trip to `to`. It counts when the round ends.
   * @returns Whether it was taken: a time below a microsecond or above a minute is not.
   */
  observe(from: number, to: number, ms: number): boolean {
    if (!(ms >= MIN_MS && ms <= MAX_MS)) return false;
    const slot = this.#index.add(from, to);
    this.memory.reserve(slot);
    if (this.isCurrent(from, to)) {
      this.#told[from] = (this.#told[from] as number) + 1;
      if (this.memory.last[slot] !== Math.fround(ms)) this.#moved[from] = (this.#moved[from] as number) + 1;
    }
    this.#observed.push({ from, slot, ms });
    return true;
  }

  /** Whether what is known of a pair is of its node's latest report. */
  isCurrent(from: number, to: number): boolean {
    const slot = this.slot(from, to);
    return slot !== -1 && this.memory.report[slot] === this.#report[from];
  }

  /** Whether what the node has reported in this round so far was measured anew. */
  hasNews(node: number): boolean {
    return (this.#moved[node] as number) > NEWS_SHARE * (this.#told[node] as number);
  }

  endRound(): void {
    for (let node = 0; node < this.nodes; node++) {
      if (this.hasNews(node)) this.#report[node] = (this.#report[node] as number) + 1;
    }
    for (const observation of this.#observed) this.#take(observation);
    this.memory.settle();
    this.#staleness.settle();
    for (let node = 0; node < this.nodes; node++) {
      if (this.hasNews(node)) this.#rhythm.report(node, this.#round);
    }
    this.#round++;
    this.#told.fill(0);
    this.#moved.fill(0);
    this.#observed = [];
  }

  #take({ from, slot, ms }: Observation): void {
    const { count, last, mean, report } = this.memory;
    const isKnown = count[slot] !== 0;
    const isNew = this.hasNews(from);
    const now = this.#report[from] as number;
    const lag = now - (report[slot] as number) - (isNew ? 1 : 0);
    if (isKnown) {
      const values = { last: last[slot] as number, mean: mean[slot] as number, next: ms };
      this.#staleness.learn(from, this.#rhythm.dueIn(from, this.#round), lag, values);
    }
    if (!isKnown || isNew || lag > 0) this.memory.add(from, slot, ms);
    report[slot] = now;
  }

  /** @returns The slot of a pair that was measured, or -1. */
  slot(from: number, to: number): number {
    const slot = this.#index.find(from, to);
    return slot !== -1 && this.memory.count[slot] === 0 ? -1 : slot;
  }

  /** In how many rounds the next report of a node is due; below zero when it is late. */
  dueIn(node: number): number {
    return this.#rhythm.dueIn(node, this.#round);
  }

  /** How much the last value of a slot counts, 0 to 1, for what will be in so many rounds. */
  weight(from: number, slot: number, rounds: number): number {
    const lag = (this.#report[from] as number) - (this.memory.report[slot] as number);
    return this.#staleness.weight(this.#rhythm.dueIn(from, this.#round), lag, rounds);
  }

  /** @returns The round trip to expect in so many rounds, in ms; NaN for a pair that was never measured. */
  expected(from: number, to: number, rounds: number): number {
    const slot = this.slot(from, to);
    if (slot === -1) return Number.NaN;
    const weight = this.weight(from, slot, rounds);
    return weight * (this.memory.last[slot] as number) + (1 - weight) * this.memory.expectedAnew(slot);
  }

  /**
   * The leg from a relay to a node: what the relay reports, but never less than the least that the node has measured itself of
   * late, so that no relay draws others' traffic by saying that it is near.
   * @returns ms; NaN where one of both has not measured it
   */
  legFromRelay(relay: number, node: number, rounds: number): number {
    const own = this.slot(node, relay);
    if (own === -1) return Number.NaN;
    return Math.max(this.memory.least(own), this.expected(relay, node, rounds));
  }
}
