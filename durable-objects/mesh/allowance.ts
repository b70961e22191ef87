const MOST = 10;
const WITHIN_MS = 60_000;

/**
 * How often a node may say something that concerns its peers: each time costs all of them a new config. Kept in memory,
 * so a restart grants it anew.
 */
export class Allowance {
  readonly #used = new Map<string, { readonly since: number; count: number }>();

  /** Whether the node may, once more. */
  take(node: string, now: number): boolean {
    const used = this.#used.get(node);
    if (!used || now - used.since >= WITHIN_MS) {
      this.#used.set(node, { since: now, count: 1 });
      return true;
    }
    used.count += 1;
    return used.count <= MOST;
  }

  forget(node: string): void {
    this.#used.delete(node);
  }
}
