import type { SeenNode } from "../../shared/node/segment-mesh.ts";
import type { MemberStore } from "./member-store.ts";

/** A time is written down when it is further than this from the written one. A restart loses no more than this. */
const WRITE_MS = 5 * 60_000;
/** After this many missed polls, a node counts as away. */
const MISSED_POLLS = 3;

/** When each node was last heard. The times are in memory, and are written down now and then. */
export class Presence {
  readonly #members: MemberStore;
  readonly #seen: Map<string, number>;
  readonly #written: Map<string, number>;
  readonly #startedAt: number;

  constructor(members: MemberStore, now: number) {
    this.#members = members;
    this.#seen = members.seenTimes();
    this.#written = new Map(this.#seen);
    this.#startedAt = now;
  }

  mark(seen: readonly SeenNode[], now: number): void {
    for (const { node } of seen) {
      this.#seen.set(node, now);
      if (now - (this.#written.get(node) ?? 0) < WRITE_MS) continue;
      this.#members.markSeen(node, now);
      this.#written.set(node, now);
    }
  }

  lastSeen(node: string): number | null {
    return this.#seen.get(node) ?? null;
  }

  isOnline(node: string, pollSeconds: number, now: number): boolean {
    const seen = this.#seen.get(node) ?? 0;
    const limit = MISSED_POLLS * pollSeconds * 1_000;
    // After a restart the known times may be as old as the last write, so no node is called away because of that.
    const behind = now - this.#startedAt < limit ? WRITE_MS : 0;
    return now - seen < limit + behind;
  }

  /** The latest moment after which the node was not heard. It includes the time that may not have been written down. */
  silentSince(node: string, enrolledAt: number): number {
    return Math.max(this.#seen.get(node) ?? enrolledAt, enrolledAt) + WRITE_MS;
  }

  forget(node: string): void {
    this.#seen.delete(node);
    this.#written.delete(node);
  }
}
