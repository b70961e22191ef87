import { BoundedMap } from "../base/bounded-map.ts";

const WINDOW_MS = 60_000;
/** The most callers that are counted. */
const MAX_CALLERS = 10_000;

/** Counts denials of each caller, so that one who is denied all the time need not be judged and recorded each time. */
export class DenialStorms {
  readonly #counts = new BoundedMap<string, { readonly since: number; count: number }>(MAX_CALLERS);

  /** Notes a denial. @param now In milliseconds. */
  note(caller: string, now: number): void {
    const known = this.#counts.get(caller);
    if (known && now - known.since < WINDOW_MS) known.count++;
    else this.#counts.set(caller, { since: now, count: 1 });
  }

  /** Seconds for which a caller is refused unheard. 0 for a caller who is heard. @param limit 0 for none. */
  waitSeconds(caller: string, limit: number, now: number): number {
    const known = this.#counts.get(caller);
    if (limit === 0 || !known || known.count <= limit) return 0;
    return Math.max(0, Math.ceil((known.since + WINDOW_MS - now) / 1_000));
  }
}
