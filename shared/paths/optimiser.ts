import { DIRECT } from "./choice.ts";
import { RELAY_COST_MS, type RelayTable } from "./relay-table.ts";

/** A change must save this share of the present path, and so many ms, or the pair stays. */
const HYSTERESIS = 0.05;
const LEAST_GAIN_MS = 1;
/** What a relay that carries as many pairs as it may costs beside its usual cost: ms. */
const FULL_LOAD_MS = 10;

/** The pairs with traffic, by number. */
export interface Pairs {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** The direct round trip, Infinity where there is no direct path: ms. */
  readonly directMs: Float32Array;
}

/**
 * Keeps every active pair on a good path while measurements and failures come in. Work follows what changed: a leg touches
 * the pairs of its node, a relay's failure those that it carries.
 */
export class PathOptimiser {
  /** The relay of each pair by its number in the table, or `DIRECT`. */
  readonly relay: Int16Array;
  /** How many pairs each relay carries. */
  readonly load: Int32Array;
  readonly #pairs: Pairs;
  readonly #table: RelayTable;
  readonly #capacity: number;
  /** The pairs of node n are at `starts[n]` up to `starts[n + 1]`. */
  readonly #starts: Int32Array;
  readonly #ofNode: Int32Array;

  /** @param capacity how many pairs a relay may carry */
  constructor(nodes: number, pairs: Pairs, table: RelayTable, capacity: number) {
    this.#pairs = pairs;
    this.#table = table;
    this.#capacity = capacity;
    this.relay = new Int16Array(pairs.from.length).fill(DIRECT);
    this.load = new Int32Array(table.relays.length);
    this.#starts = new Int32Array(nodes + 1);
    this.#ofNode = new Int32Array(pairs.from.length * 2);
    this.#index(nodes);
  }

  #index(nodes: number): void {
    const ends = [this.#pairs.from, this.#pairs.to];
    for (const end of ends)
      for (const node of end) this.#starts[node + 1] = (this.#starts[node + 1] as number) + 1;
    for (let node = 0; node < nodes; node++)
      this.#starts[node + 1] = (this.#starts[node + 1] as number) + (this.#starts[node] as number);
    const next = this.#starts.slice();
    for (const end of ends)
      end.forEach((node, pair) => {
        const place = next[node] as number;
        next[node] = place + 1;
        this.#ofNode[place] = pair;
      });
  }

  /**
   * Looks at all pairs, and moves those that gain most.
   * @param share of the pairs that may move, 0 to 1
   * @returns how many moved
   */
  optimise(share: number): number {
    this.#priceLoad();
    const count = this.relay.length;
    const gains = new Float32Array(count);
    let willing = 0;
    for (let pair = 0; pair < count; pair++) {
      const gain = this.#gain(pair, this.#better(pair));
      gains[pair] = gain;
      if (gain > 0) willing++;
    }
    const most = Math.floor(count * share);
    const least = willing > most ? (gains.slice().sort()[count - most] as number) : 0;
    let moved = 0;
    for (let pair = 0; pair < count && moved < most; pair++) {
      const gain = gains[pair] as number;
      if (gain <= 0 || gain < least) continue;
      this.#move(pair, this.#better(pair));
      moved++;
    }
    return moved;
  }

  /** Takes in that a leg of a node has changed in the table: looks at this node's pairs alone. @returns how many moved. */
  legChanged(node: number): number {
    let moved = 0;
    for (let place = this.#starts[node] as number; place < (this.#starts[node + 1] as number); place++)
      if (this.#reconsider(this.#ofNode[place] as number)) moved++;
    return moved;
  }

  /** Takes in a new direct round trip of a pair: ms. */
  directChanged(pair: number, ms: number): boolean {
    this.#pairs.directMs[pair] = ms;
    return this.#reconsider(pair);
  }

  /** Takes a relay out, because it failed or is to be drained, and moves all that it carries at once. @returns how many. */
  takeOut(relay: number): number {
    this.#table.setCost(relay, Number.POSITIVE_INFINITY);
    let moved = 0;
    for (let pair = 0; pair < this.relay.length; pair++) {
      if (this.relay[pair] !== relay) continue;
      this.#move(pair, this.#better(pair));
      moved++;
    }
    return moved;
  }

  /** The round trip of a pair by a relay or directly, with the relay's cost: ms. */
  ms(pair: number, relay: number): number {
    if (relay === DIRECT) return this.#pairs.directMs[pair] as number;
    return this.#table.ms(this.#pairs.from[pair] as number, relay, this.#pairs.to[pair] as number);
  }

  #better(pair: number): number {
    const best = this.#table.best(this.#pairs.from[pair] as number, this.#pairs.to[pair] as number);
    return best !== DIRECT && this.ms(pair, best) < this.ms(pair, DIRECT) ? best : DIRECT;
  }

  /** What a pair saves by a change, 0 where it is not worth one: ms. */
  #gain(pair: number, relay: number): number {
    const present = this.ms(pair, this.relay[pair] as number);
    const gain = present - this.ms(pair, relay);
    if (present === Number.POSITIVE_INFINITY) return relay === this.relay[pair] ? 0 : Number.MAX_VALUE;
    return gain > Math.max(LEAST_GAIN_MS, HYSTERESIS * present) ? gain : 0;
  }

  #reconsider(pair: number): boolean {
    const relay = this.#better(pair);
    if (this.#gain(pair, relay) === 0) return false;
    this.#move(pair, relay);
    return true;
  }

  #move(pair: number, relay: number): void {
    const before = this.relay[pair] as number;
    if (before !== DIRECT) this.load[before] = (this.load[before] as number) - 1;
    if (relay !== DIRECT) this.load[relay] = (this.load[relay] as number) + 1;
    this.relay[pair] = relay;
  }

  /** Fuller relays cost more; one that was taken out stays out. */
  #priceLoad(): void {
    this.load.forEach((carried, relay) => {
      if (this.#table.cost(relay) !== Number.POSITIVE_INFINITY)
        this.#table.setCost(relay, RELAY_COST_MS + (FULL_LOAD_MS * carried) / this.#capacity);
    });
  }
}
