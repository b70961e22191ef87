/**
 * A map of at most `max` entries. It keeps entries that were used recently and drops others. Its keys may
 * come from clients.
 *
 * The map has two generations. A used entry moves to the young generation. When the young generation reaches
 * half of `max`, it becomes the old generation, and the entries that remained in the previous old generation
 * are dropped. So each step costs the same, however large the map is.
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

/** A bounded map in which each entry has its own time of expiry. The caller provides the clock. */
export class ExpiringMap<K, V> {
  readonly #entries: BoundedMap<K, { readonly value: V; readonly until: number }>;

  /** @param max The most entries, at least 2. `BoundedMap` decides which entries are dropped. */
  constructor(max: number) {
    this.#entries = new BoundedMap(max);
  }

  /** @param now The current time, in the unit of `until`. */
  get(key: K, now: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now < entry.until) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: K, value: V, until: number): void {
    this.#entries.set(key, { value, until });
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }
}

/** A text that is longer than this is not remembered: clients choose the length of a header, and memory is bounded. */
const MAX_REMEMBERED_LENGTH = 4_096;

/**
 * Wraps a function so that its answers are remembered. Use it for texts of which a few occur again and again.
 * The function must be pure. The answer to a long text is worked out each time.
 *
 * @param max The most answers to keep, because clients can send any number of texts. `BoundedMap` decides
 *   which answers are dropped.
 */
export function remembering<V>(max: number, answer: (text: string) => V): (text: string) => V {
  const kept = new BoundedMap<string, V>(max);
  return (text) => {
    if (text.length > MAX_REMEMBERED_LENGTH) return answer(text);
    const known = kept.get(text);
    if (known !== undefined) return known;
    const value = answer(text);
    kept.set(text, value);
    return value;
  };
}
