/** A small cache of plain data, per isolate: at most `max` entries, each good for `ttlMs`. */
export class BoundedCache<T> {
  readonly #entries = new Map<string, { value: T; until: number }>();
  readonly #max: number;
  readonly #ttlMs: number;

  constructor(max: number, ttlMs: number) {
    this.#max = max;
    this.#ttlMs = ttlMs;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.until > Date.now() ? entry.value : undefined;
  }

  set(key: string, value: T): void {
    this.#entries.delete(key);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= this.#max && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, { value, until: Date.now() + this.#ttlMs });
  }
}
