import type { LightRow } from "../../registry/node-rows.ts";
import { DueTimes } from "./due-times.ts";

/** For so many milliseconds an ephemeral node may be away. */
const EPHEMERAL_ABSENCE_MS = 30 * 60_000;

export interface End {
  readonly row: LightRow;
  /** `expire`: its date has come. `remove`: it was there for a while only, and stayed away. */
  readonly how: "expire" | "remove";
}

/** Since when nothing was heard of the node, in milliseconds since the Unix epoch. */
type SilentSince = (row: LightRow, now: number) => number;

/** Which memberships end by themselves, and when: the dates of nodes, and the absence of ephemeral ones. */
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

  /** When to ask for what is due. It may be too early: a node that is heard of moves its end on, and is not looked at for that. */
  next(): number | null {
    return this.#times.next();
  }

  /** What is to be ended now. It stays due until the registry says that it happened. */
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
    // Who is due for both is removed.
    return expiry && expiry.at < removal.at && removal.at > now ? expiry : removal;
  }
}
