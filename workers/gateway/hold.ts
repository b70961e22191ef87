import { HELD_MS, HeldStreams } from "../../shared/access/sessions/held.ts";

/** What this isolate holds, of all its streams. */
const inIsolate = new HeldStreams();

/** Why a stream is held no longer. */
export type HoldOver = "held_too_long" | "held_too_much";

/** Holds one stream while its session is paused. Whatever carries data asks `passed` before it lets the data go on. */
export class Hold {
  readonly #session: string;
  readonly #onOver: (why: HoldOver) => void;
  #held: {
    readonly since: number;
    readonly timer: ReturnType<typeof setTimeout>;
    readonly end: PromiseWithResolvers<void>;
  } | null = null;
  #kept = { frames: 0, bytes: 0 };
  #cut: { readonly reason: unknown } | null = null;
  /** For how long (milliseconds) the stream was held before, in all. */
  #heldBefore = 0;

  /** @param onOver Called when the stream can't be held any longer. It must be cut then. */
  constructor(session: string, onOver: (why: HoldOver) => void) {
    this.#session = session;
    this.#onOver = onOver;
  }

  /** Since when (milliseconds) the stream is held, or null. */
  get since(): number | null {
    return this.#held?.since ?? null;
  }

  /** For how long (milliseconds) the stream was held until now, in all. */
  heldMs(now: number): number {
    return this.#heldBefore + (this.#held ? now - this.#held.since : 0);
  }

  /** Lets nothing pass from now on. False if too many streams of the session are held already. */
  begin(now: number): boolean {
    if (this.#held) return true;
    if (!inIsolate.enter(this.#session)) return false;
    const end = Promise.withResolvers<void>();
    // Nobody may be waiting when the stream is cut.
    end.promise.catch(() => undefined);
    this.#held = { since: now, timer: setTimeout(() => this.#onOver("held_too_long"), HELD_MS), end };
    return true;
  }

  /** Lets what waits pass, in its order. */
  resume(now: number): void {
    this.#leave(now)?.resolve();
  }

  /** The stream was cut. Nothing passes any more. */
  break(reason: unknown): void {
    this.#cut = { reason };
    this.drop(reason);
  }

  /** The stream is over. What waits never passes. */
  drop(reason: unknown): void {
    inIsolate.give(this.#session, this.#kept.bytes);
    this.#kept = { frames: 0, bytes: 0 };
    this.#leave(Date.now())?.reject(reason);
  }

  /** @returns What tells those who wait. Undefined if the stream was not held. */
  #leave(now: number): PromiseWithResolvers<void> | undefined {
    if (!this.#held) return undefined;
    const { timer, since, end } = this.#held;
    clearTimeout(timer);
    this.#heldBefore += now - since;
    this.#held = null;
    inIsolate.leave(this.#session);
    return end;
  }

  /**
   * Settles when the stream is not held.
   * @throws Why the stream was cut, if it was.
   */
  async passed(): Promise<void> {
    // It may have been held again before the one who waits goes on.
    while (this.#held) await this.#held.end.promise;
    if (this.#cut) throw this.#cut.reason;
  }

  /** Whether a frame may wait. If not, the stream is being cut. */
  keep(bytes: number): boolean {
    if (this.#cut) return false;
    const isKept = inIsolate.keep(this.#session, bytes, this.#kept);
    if (isKept) this.#kept = { frames: this.#kept.frames + 1, bytes: this.#kept.bytes + bytes };
    else this.#onOver("held_too_much");
    return isKept;
  }

  /** A frame that waited goes on. */
  release(bytes: number): void {
    inIsolate.give(this.#session, bytes);
    this.#kept = { frames: this.#kept.frames - 1, bytes: this.#kept.bytes - bytes };
  }
}
