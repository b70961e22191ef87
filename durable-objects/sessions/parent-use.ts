import { BoundedMap } from "../../shared/base/bounded-map.ts";

/**
 * The longest time between two messages to one parent, in milliseconds. A parent that idles out sooner gets four
 * messages in its idle lifetime.
 */
const TELL_EVERY_MS = 60_000;
/** After this many milliseconds, a parent that did not answer is told again. */
const RETRY_MS = 5_000;
/** A parent that was forgotten is told again with the next use. */
const MAX_PARENTS = 10_000;

/**
 * When the parents (sign-in sessions) of app sessions must hear again that they are in use. These times are only in
 * memory. An object that starts again tells the parents with the next use.
 */
export class ParentUse {
  readonly #dueAt = new BoundedMap<string, number>(MAX_PARENTS);

  isDue(parentId: string, now: number): boolean {
    return (this.#dueAt.get(parentId) ?? 0) <= now;
  }

  asked(parentId: string, now: number): void {
    this.#dueAt.set(parentId, now + RETRY_MS);
  }

  /** @param idleMs The parent's idle lifetime, null when it is not live. */
  told(parentId: string, now: number, idleMs: number | null): void {
    this.#dueAt.set(parentId, now + Math.min(TELL_EVERY_MS, (idleMs ?? TELL_EVERY_MS) / 4));
  }
}
