import { BoundedMap } from "./bounded-map.ts";

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
