import { BoundedMap } from "../../shared/base/bounded-map.ts";

/** Milliseconds between two words to one parent, at most; a parent that idles out sooner hears four times before that. */
const TELL_EVERY_MS = 60_000;
/** Milliseconds until a parent that did not answer is told again. */
const RETRY_MS = 5_000;
/** One that is forgotten is told anew. */
const MAX_PARENTS = 10_000;

/**
 * When the sign-in sessions, from which app sessions came, must hear again that they are used. It is only remembered:
 * an object that starts anew tells them with the next use.
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
