import type { LightRow } from "../../registry/node-rows.ts";
import { DueTimes } from "./due-times.ts";

/** How long an ephemeral node may be away, in milliseconds. */
const EPHEMERAL_ABSENCE_MS = 30 * 60_000;

export interface End {
  readonly row: LightRow;
  /** `expire`: the date of the membership's end has come. `remove`: the node was ephemeral and stayed away. */
  readonly how: "expire" | "remove";
}

/** Gives the time since which the hub has heard nothing of the node, in milliseconds since the Unix epoch. */
type SilentSince = (row: LightRow, now: number) => number;

/**
 * Knows which memberships end by themselves, and when. A node may have an end date, and an ephemeral node may stay
 * away.
 */
export class Ends {
  readonly #silentSince: SilentSince;
  readonly #rows = new Map<string, LightRow>();
  #times = new DueTimes();

  constructor(silentSince: SilentSince) {
    this.#silentSince = silentSince;
  }

  /** @param row Null when the node is not in the segment any more. */
  update(node: string, row: LightRow | null, now: number): void {
    this.#rows.delete(node);
    this.#times.delete(node);
    const end = row && this.#endOf(row, now);
    if (!row || !end) return;
    this.#rows.set(node, row);
    this.#times.set(node, end.at);
  }

  clear(): void {
    this.#rows.clear();
    this.#times = new DueTimes();
  }

  /**
   * When to ask `due`. This time may be too early: when a node is heard, its end moves, but the stored time does not.
   */
  next(): number | null {
    return this.#times.next();
  }

  /** The memberships to end now. Each stays due until the registry says that it has ended. */
  due(now: number): End[] {
    return this.#times.take(now).flatMap((node) => {
      const row = this.#rows.get(node);
      const end = row && this.#endOf(row, now);
      if (!row || !end) return [];
      this.#times.set(node, end.at);
      return end.at <= now ? [{ row, how: end.how }] : [];
    });
  }

  #endOf(row: LightRow, now: number): { readonly at: number; readonly how: End["how"] } | null {
    const expiry =
      row.status === "approved" && row.expires_at !== null
        ? ({ at: row.expires_at, how: "expire" } as const)
        : null;
    if (row.ephemeral !== 1) return expiry;
    const removal = { at: this.#silentSince(row, now) + EPHEMERAL_ABSENCE_MS, how: "remove" } as const;
    // A node that is due for both is removed.
    return expiry && expiry.at < removal.at && removal.at > now ? expiry : removal;
  }
}
