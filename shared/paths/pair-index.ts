const FIRST_CAPACITY = 1 << 10;
const MAX_LOAD = 0.6;

/**
 * Gives each ordered pair of nodes that was ever named a slot: a small number, counted upwards from 0, by which typed
 * arrays hold what is known of the pair. Open addressing in two typed arrays: 12 bytes for a place.
 */
export class PairIndex {
  #keys = new Float64Array(FIRST_CAPACITY).fill(-1);
  #slots = new Int32Array(FIRST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns The slot of the pair, or -1. */
  find(from: number, to: number): number {
    const place = this.#place(keyOf(from, to));
    return this.#keys[place] === -1 ? -1 : (this.#slots[place] as number);
  }

  /** @returns The slot of the pair, a new one if it has none yet. */
  add(from: number, to: number): number {
    if (this.#size >= this.#keys.length * MAX_LOAD) this.#grow();
    const key = keyOf(from, to);
    const place = this.#place(key);
    if (this.#keys[place] === -1) {
      this.#keys[place] = key;
      this.#slots[place] = this.#size++;
    }
    return this.#slots[place] as number;
  }

  #place(key: number): number {
    const mask = this.#keys.length - 1;
    let place = hash(key) & mask;
    while (this.#keys[place] !== -1 && this.#keys[place] !== key) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [keys, slots] = [this.#keys, this.#slots];
    this.#keys = new Float64Array(keys.length * 2).fill(-1);
    this.#slots = new Int32Array(keys.length * 2);
    for (let old = 0; old < keys.length; old++) {
      const key = keys[old] as number;
      if (key === -1) continue;
      const place = this.#place(key);
      this.#keys[place] = key;
      this.#slots[place] = slots[old] as number;
    }
  }
}

/** Node numbers are below 2^24, so that a pair is an exact number. */
const keyOf = (from: number, to: number): number => from * 0x1000000 + to;

/** Mixes both nodes into the low bits (the finaliser of MurmurHash3). */
function hash(key: number): number {
  let mixed = Math.imul(Math.floor(key / 0x1000000), 0x9e3779b1) ^ (key % 0x1000000);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
