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

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}

/** A bounded map whose entries are good until a moment of their own. The clock is the caller's. */
export class ExpiringMap<K, V> {
  readonly #entries: BoundedMap<K, { readonly value: V; readonly until: number }>;

  /** @param max Entries, at least 2; `BoundedMap` says which of them go. */
  constructor(max: number) {
    this.#entries = new BoundedMap(max);
  }

  /** @param now In the unit of `until`. */
  get(key: K, now: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now < entry.until) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: K, value: V, until: number): void {
    this.#entries.set(key, { value, until });
  }
}

/**
 * The function with its answers kept, for texts of which a few come again and again. It must be pure.
 *
 * @param max Answers that are kept, since texts that come from clients have no end; `BoundedMap` says which of them go.
 */
export function remembering<V>(max: number, answer: (text: string) => V): (text: string) => V {
  const kept = new BoundedMap<string, V>(max);
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const value = answer(text);
    kept.set(text, value);
    return value;
  };
}
