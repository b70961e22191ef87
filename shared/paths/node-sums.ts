/** No node counts for more than so many of the middle one. */
const MOST = 3;

/** Sums over what all nodes report, from which something is learnt in common: one node that lies moves them little. */
export class NodeSums {
  readonly #values: Float64Array;
  readonly #weights: Float64Array;
  #sum = 0;
  #weight = 0;

  constructor(nodes: number) {
    this.#values = new Float64Array(nodes);
    this.#weights = new Float64Array(nodes);
  }

  add(node: number, value: number, weight: number): void {
    this.#values[node] = (this.#values[node] as number) + value;
    this.#weights[node] = (this.#weights[node] as number) + weight;
  }

  /** Takes in what was added; O(nodes log nodes). A node of more weight than is due counts for less in both sums. */
  settle(): void {
    const weights = this.#weights.filter((weight) => weight > 0).sort();
    const most = MOST * (weights[weights.length >> 1] ?? 0);
    [this.#sum, this.#weight] = [0, 0];
    this.#weights.forEach((weight, node) => {
      const share = weight > most ? most / weight : 1;
      this.#sum += share * (this.#values[node] as number);
      this.#weight += share * weight;
    });
  }

  /** Both sums as of the last `settle`. */
  get sum(): number {
    return this.#sum;
  }

  get weight(): number {
    return this.#weight;
  }
}
