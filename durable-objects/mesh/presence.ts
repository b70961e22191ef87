import type { SeenNode } from "../../shared/node/segment-mesh.ts";
import type { MemberStore } from "./member-store.ts";

/** Times further apart are written down; what is lost by a restart is no more than that. */
const WRITE_MS = 5 * 60_000;
/** Missed polls after which a node is away. */
const MISSED_POLLS = 3;

/** When nodes were last heard: in memory, and now and then written behind. */
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
    // After a restart the times are as old as they were written: nobody is called away for that.
    const behind = now - this.#startedAt < limit ? WRITE_MS : 0;
    return now - seen < limit + behind;
  }

  /** Since when the node was not heard, at the latest: what may not have been written is granted. */
  silentSince(node: string, enrolledAt: number): number {
    return Math.max(this.#seen.get(node) ?? enrolledAt, enrolledAt) + WRITE_MS;
  }

  forget(node: string): void {
    this.#seen.delete(node);
    this.#written.delete(node);
  }
}
