import { Budget } from "../relay/budget.ts";
import { FLOOD, FRAME_COST, PEACE_MS, RATE, WINDOW } from "./limits.ts";

/** What the object counts of one end of a pair. It is gone when the object sleeps, which it does only when nobody sends. */
export class EdgeEnd {
  readonly #budget: Budget;
  /** Texts take nothing of what frames may. */
  readonly #texts: Budget;
  /** Bytes that were sent to the end, and that its agent has not taken yet. */
  #onItsWay = 0;
  #carried = 0;
  #dropped = 0;
  #droppedAt = 0;

  /** @param now Milliseconds. */
  constructor(now: number) {
    this.#budget = new Budget(RATE, now);
    this.#texts = new Budget(RATE, now);
  }

  /** Whether a frame of this end goes on. `flood` means that the end does not keep its rate at all. */
  send(bytes: number, now: number): "goes" | "dropped" | "flood" {
    return this.#judge(this.#budget, bytes + FRAME_COST, now);
  }

  /** Whether a text of this end is heeded, likewise. */
  say(now: number): "goes" | "dropped" | "flood" {
    return this.#judge(this.#texts, FRAME_COST, now);
  }

  /** Whether a frame may go to this end. It counts as on its way then. */
  receive(bytes: number): boolean {
    if (this.#onItsWay + bytes > WINDOW) return false;
    this.#onItsWay += bytes;
    return true;
  }

  /** The agent says that it took so many bytes. */
  taken(bytes: number): void {
    this.#onItsWay = Math.max(0, this.#onItsWay - bytes);
  }

  /** Counts what went on from this end. */
  carried(bytes: number): void {
    this.#carried += bytes;
  }

  /** The bytes that were carried since the last call. */
  takeCarried(): number {
    const bytes = this.#carried;
    this.#carried = 0;
    return bytes;
  }

  #judge(budget: Budget, cost: number, now: number): "goes" | "dropped" | "flood" {
    if (budget.take(cost, now)) return "goes";
    if (now - this.#droppedAt > PEACE_MS) this.#dropped = 0;
    this.#droppedAt = now;
    this.#dropped += cost;
    return this.#dropped > FLOOD ? "flood" : "dropped";
  }
}
