import type { Store } from "../state/store.ts";

/** On disk at most this often: the lease is long, and a lost minute errs towards denial. */
const WRITE_EVERY_MS = 60_000;

/**
 * Until when the peers may be kept without a fresh answer of the hub. Time is taken from the wall clock, corrected to
 * the hub's, and from a clock that nobody sets: the one that is further decides, so that setting a clock back does not
 * lengthen a lease.
 */
export class Lease {
  readonly #store: Store;
  #at: number;
  #monotonic: number;
  #skewMs: number;
  #written = 0;

  private constructor(store: Store, at: number, skewMs: number) {
    this.#store = store;
    this.#at = at;
    this.#skewMs = skewMs;
    this.#monotonic = performance.now() - Math.max(0, Date.now() + skewMs - at);
  }

  static async open(store: Store): Promise<Lease> {
    const fresh = await store.recall("fresh");
    return new Lease(store, fresh?.at ?? 0, fresh?.skewMs ?? 0);
  }

  get skewMs(): number {
    return this.#skewMs;
  }

  /** Hub time of the last fresh answer; 0 = none yet. */
  get freshAt(): number {
    return this.#at;
  }

  /** The hub proved at `hubTime` that what is applied is what it wants. */
  async renew(hubTime: number, skewMs: number): Promise<void> {
    this.#at = Math.max(this.#at, hubTime);
    this.#skewMs = skewMs;
    this.#monotonic = performance.now();
    if (performance.now() - this.#written >= WRITE_EVERY_MS || this.#written === 0) await this.save();
  }

  async save(): Promise<void> {
    this.#written = performance.now();
    await this.#store.keep("fresh", { at: this.#at, skewMs: this.#skewMs });
  }

  hasEnded(leaseSeconds: number): boolean {
    const byWall = Date.now() + this.#skewMs - this.#at;
    const byMonotonic = performance.now() - this.#monotonic;
    return Math.max(byWall, byMonotonic) > leaseSeconds * 1_000;
  }
}
