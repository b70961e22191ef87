/** Milliseconds between two writes of one session's last-seen time. */
const WRITE_EVERY_MS = 15_000;

/**
 * When each session was last seen, ahead of its row. A write for each request would be the object's main cost. If the
 * object dies, a session may look up to 15 s more idle than it was. So it may end early, but never late.
 */
export class LastSeen {
  readonly #sessions = new Map<string, { at: number; writtenAt: number }>();

  /** The newer one of the stored time and the time that was seen since. */
  newest(id: string, stored: number): number {
    return Math.max(stored, this.#sessions.get(id)?.at ?? 0);
  }

  /** Notes that the session was seen. Returns whether its row must be written. */
  mustWrite(id: string, at: number): boolean {
    const known = this.#sessions.get(id);
    if (known) known.at = at;
    return !known || at - known.writtenAt >= WRITE_EVERY_MS;
  }

  written(id: string, at: number): void {
    this.#sessions.set(id, { at, writtenAt: at });
  }

  forget(id: string): void {
    this.#sessions.delete(id);
  }
}
