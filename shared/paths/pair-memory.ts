import { NodeSums } from "./node-sums.ts";
import { Spread } from "./spread.ts";

/** So many of a pair's measurements are kept as they were. */
export const RECENT = 8;
/** The long mean is that of so many measurements; older ones fade. */
const LONG = 64;
const FIRST_CAPACITY = 1 << 10;

/** What is remembered of each pair, by slot: in milliseconds. */
export class PairMemory {
  last = new Float32Array(FIRST_CAPACITY);
  mean = new Float32Array(FIRST_CAPACITY);
  /** The number of the node's report that the last value is of. */
  report = new Uint32Array(FIRST_CAPACITY);
  count = new Uint32Array(FIRST_CAPACITY);
  recent = new Float32Array(FIRST_CAPACITY * RECENT);
  /** How many pairs each node has measured, weighed by the sum of their long means. */
  readonly #means: NodeSums;
  readonly #spread: Spread;

  constructor(nodes: number) {
    this.#means = new NodeSums(nodes);
    this.#spread = new Spread(nodes);
  }

  /** Makes room for a slot. */
  reserve(slot: number): void {
    if (slot < this.last.length) return;
    const capacity = Math.max(slot + 1, this.last.length * 2);
    this.last = grown(this.last, new Float32Array(capacity));
    this.mean = grown(this.mean, new Float32Array(capacity));
    this.report = grown(this.report, new Uint32Array(capacity));
    this.count = grown(this.count, new Uint32Array(capacity));
    this.recent = grown(this.recent, new Float32Array(capacity * RECENT));
  }

  /** Adds a new measurement that a node reports. */
  add(node: number, slot: number, ms: number): void {
    const count = this.count[slot] as number;
    const mean = this.mean[slot] as number;
    if (count > 0) this.#spread.learn(node, ms - mean, ms - this.usualMs, this.usualMs);
    this.#means.add(node, count === 0 ? 1 : 0, (ms - mean) / Math.min(count + 1, LONG));
    this.last[slot] = ms;
    this.mean[slot] = mean + (ms - mean) / Math.min(count + 1, LONG);
    this.recent[slot * RECENT + (count % RECENT)] = ms;
    this.count[slot] = count + 1;
  }

  /** Learns what is common to all pairs from what was added. */
  settle(): void {
    this.#means.settle();
    this.#spread.settle();
  }

  /** The mean over all measured pairs: what is usual in this network, in ms. */
  get usualMs(): number {
    return this.#means.sum === 0 ? 0 : this.#means.weight / this.#means.sum;
  }

  /** How many of the recent measurements there are. */
  recents(slot: number): number {
    return Math.min(this.count[slot] as number, RECENT);
  }

  /** What a new measurement of the pair may be: ms. The fewer there were, the nearer to what is usual in the network. */
  expectedAnew(slot: number): number {
    const count = Math.min(this.count[slot] as number, LONG);
    const doubt = this.#spread.doubt;
    return ((this.mean[slot] as number) * count + this.usualMs * doubt) / (count + doubt);
  }

  /** The least of the recent measurements: ms. */
  least(slot: number): number {
    const start = slot * RECENT;
    return Math.min(...this.recent.subarray(start, start + this.recents(slot)));
  }

  /** Which share of the recent measurements is above a limit, in ms. */
  shareAbove(slot: number, limit: number): number {
    const remembered = this.recents(slot);
    let above = 0;
    for (let index = 0; index < remembered; index++)
      if ((this.recent[slot * RECENT + index] as number) > limit) above++;
    return above / remembered;
  }
}

function grown<T extends Float32Array | Uint32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
