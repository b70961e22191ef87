import type { Session } from "../../shared/access/sessions/types.ts";
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
 * Tells the parents (sign-in sessions) of app sessions that they are in use, so that they do not idle out meanwhile. When
 * each must hear it again is only in memory. An object that starts again tells the parents with the next use.
 */
export class ParentUse {
  readonly #dueAt = new BoundedMap<string, number>(MAX_PARENTS);
  readonly #keepAlive: (owner: string, id: string) => Promise<number | null>;

  /** @param keepAlive Tells a parent, and gives its idle lifetime, or null when it is not live. */
  constructor(keepAlive: (owner: string, id: string) => Promise<number | null>) {
    this.#keepAlive = keepAlive;
  }

  /** An app session was used. If the message is lost, the next use sends another one. */
  async used({ parentId, parentOwner }: Session, now: number): Promise<void> {
    if (!parentId || !parentOwner || (this.#dueAt.get(parentId) ?? 0) > now) return;
    this.#dueAt.set(parentId, now + RETRY_MS);
    const idleMs = await this.#keepAlive(parentOwner, parentId).catch(() => undefined);
    if (idleMs !== undefined)
      this.#dueAt.set(parentId, now + Math.min(TELL_EVERY_MS, (idleMs ?? TELL_EVERY_MS) / 4));
  }
}
