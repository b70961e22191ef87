/**
 * A map of at most `max` entries: what was used of late stays, what was not goes. Keys may come from clients.
 *
 * It keeps two generations. What is used moves to the young one; once that is half of the bound, it becomes the old one,
 * and what was left in the old one is forgotten. So each step costs the same, however large the map is.
 */
export class BoundedMap<K, V> {
  readonly #half: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** @param max At least 2. */
  constructor(max: number) {
    this.#half = Math.floor(max / 2);
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
