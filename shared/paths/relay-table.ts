/** What a relay adds to the path through it: it takes a datagram in and sends it out again. */
export const RELAY_COST_MS = 2;

/**
 * The expected round trips between nodes and relays, dense, so that the best relay of a pair is one run over two rows.
 * Infinity where nothing is known, or where the path must not be used.
 */
export class RelayTable {
  readonly relays: Int32Array;
  /** From a node to each relay, and from each relay to a node: row by node. */
  readonly #out: Float32Array;
  readonly #in: Float32Array;
  /** What each relay costs beside its paths, such as load: ms. */
  readonly #cost: Float32Array;

  /** @param relays the nodes that forward for others */
  constructor(nodes: number, relays: Int32Array) {
    this.relays = relays;
    this.#out = new Float32Array(nodes * relays.length).fill(Number.POSITIVE_INFINITY);
    this.#in = new Float32Array(nodes * relays.length).fill(Number.POSITIVE_INFINITY);
    this.#cost = new Float32Array(relays.length).fill(RELAY_COST_MS);
  }

  /** Sets the paths between a node and the relay of that number in `relays`. */
  set(node: number, relay: number, outMs: number, inMs: number): void {
    const place = node * this.relays.length + relay;
    const isItself = this.relays[relay] === node;
    this.#out[place] = isItself || Number.isNaN(outMs) ? Number.POSITIVE_INFINITY : outMs;
    this.#in[place] = isItself || Number.isNaN(inMs) ? Number.POSITIVE_INFINITY : inMs;
  }

  /** What a relay costs beside its legs: ms; Infinity while it is out. */
  cost(relay: number): number {
    return this.#cost[relay] as number;
  }

  setCost(relay: number, ms: number): void {
    this.#cost[relay] = ms;
  }

  /** The whole path by a relay, with what the relay costs: ms. */
  ms(from: number, relay: number, to: number): number {
    const count = this.relays.length;
    return (
      (this.#out[from * count + relay] as number) +
      (this.#in[to * count + relay] as number) +
      (this.#cost[relay] as number)
    );
  }

  /** @returns The number of the relay with the shortest path, or -1 where there is none. */
  best(from: number, to: number): number {
    const [outs, ins, costs] = [this.#out, this.#in, this.#cost];
    const count = this.relays.length;
    const [fromRow, toRow] = [from * count, to * count];
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let relay = 0; relay < count; relay++) {
      const ms =
        (outs[fromRow + relay] as number) + (ins[toRow + relay] as number) + (costs[relay] as number);
      if (ms < least) {
        least = ms;
        best = relay;
      }
    }
    return best;
  }
}
