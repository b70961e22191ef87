type Entry = readonly [at: number, key: string];

/** The heap may hold as many stale entries as there are keys, plus this number. */
const SPARE = 64;

/** Stores a time for each key, and gives the earliest time at once. Each change costs the logarithm of their number. */
export class DueTimes {
  readonly #times = new Map<string, number>();
  /** A binary heap. A stale entry differs from its key's time. It is skipped when it comes to the top. */
  readonly #heap: Entry[] = [];

  set(key: string, at: number): void {
    if (this.#times.get(key) === at) return;
    this.#times.set(key, at);
    this.#push([at, key]);
    if (this.#heap.length > 2 * this.#times.size + SPARE) this.#compact();
  }

  delete(key: string): void {
    this.#times.delete(key);
  }

  /** The earliest time, or null. */
  next(): number | null {
    return this.#top()?.[0] ?? null;
  }

  /** Removes the keys whose time has come, and returns them, earliest first. */
  take(now: number): string[] {
    const due: string[] = [];
    for (let top = this.#top(); top && top[0] <= now; top = this.#top()) {
      this.#times.delete(top[1]);
      due.push(top[1]);
    }
    return due;
  }

  #compact(): void {
    this.#heap.length = 0;
    for (const [key, at] of this.#times) this.#push([at, key]);
  }

  #top(): Entry | undefined {
    for (let top = this.#heap[0]; top; top = this.#heap[0]) {
      if (this.#times.get(top[1]) === top[0]) return top;
      this.#pop();
    }
    return undefined;
  }

  #push(entry: Entry): void {
    let at = this.#heap.push(entry) - 1;
    for (let up = (at - 1) >> 1; at > 0 && this.#isBefore(at, up); up = (at - 1) >> 1) {
      this.#swap(at, up);
      at = up;
    }
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const down = this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(down, at)) return;
      this.#swap(at, down);
      at = down;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    return first !== undefined && (second === undefined || first[0] < second[0]);
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first) this.#heap[b] = first;
    if (second) this.#heap[a] = second;
  }
}
