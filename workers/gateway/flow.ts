/** The length of one slot in milliseconds. */
const SLOT_MS = 50;
/** How many slots are kept: longer than any kill line may be silent. */
const SLOTS = 200;

/** Counts the bytes of one exchange in both directions, and knows how many of them passed of late. */
export class Flow {
  /** Bytes from the client. */
  up = 0;
  /** Bytes to the client. */
  down = 0;
  readonly #slots = new Map<number, number>();

  note(direction: "up" | "down", bytes: number, now: number): void {
    this[direction] += bytes;
    const slot = Math.floor(now / SLOT_MS);
    this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + bytes);
    for (const old of this.#slots.keys()) {
      if (old > slot - SLOTS) break;
      this.#slots.delete(old);
    }
  }

  /** The most bytes that can have passed since a moment. The slot of that moment counts in full. */
  since(at: number): number {
    const first = Math.floor(at / SLOT_MS);
    let sum = 0;
    for (const [slot, bytes] of this.#slots) if (slot >= first) sum += bytes;
    return sum;
  }
}
