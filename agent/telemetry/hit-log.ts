import type { HitReport } from "../../shared/node/protocol/types.ts";

/** How many packets each rule decided that the hub has not heard of. The kernel's counters, which it reads, bound it. */
export class HitLog {
  /** The kernel's counts at the last look. Null before the first one. */
  #counted: ReadonlyMap<string, number> | null = null;
  #untold: ReadonlyMap<string, number> = new Map();

  /**
   * Takes a look at the counters. What they had counted at the first look, an earlier run of the agent has told. A count
   * that fell began anew.
   */
  note(counts: ReadonlyMap<string, number>): void {
    const before = this.#counted;
    this.#counted = counts;
    if (before === null) return;
    const untold = new Map(this.#untold);
    for (const [rule, packets] of counts) {
      const more = packets - (before.get(rule) ?? 0);
      if (more > 0) untold.set(rule, (untold.get(rule) ?? 0) + more);
    }
    this.#untold = untold;
  }

  /** What the hub does not know yet, the rules with the most packets first. */
  news(most: number): HitReport[] {
    return [...this.#untold]
      .map(([rule, packets]) => ({ rule, packets }))
      .sort((a, b) => b.packets - a.packets)
      .slice(0, most);
  }

  /** The hub took these. */
  told(hits: readonly HitReport[]): void {
    const untold = new Map(this.#untold);
    for (const { rule, packets } of hits) {
      const left = (untold.get(rule) ?? 0) - packets;
      if (left > 0) untold.set(rule, left);
      else untold.delete(rule);
    }
    this.#untold = untold;
  }

  forget(): void {
    this.#untold = new Map();
  }
}
