import type { WireguardPeer } from "../system/wg.ts";

/** A tunnel in use shakes hands every two minutes; after this long without it, the path is taken for dead. */
const SILENT_MS = 150_000;

/** Tries the known endpoints of a silent peer in turn, one at each look. A peer that is heard is left alone. */
export class EndpointChooser {
  readonly #next = new Map<string, number>();

  choose(
    peers: readonly WireguardPeer[],
    candidates: ReadonlyMap<string, readonly string[]>,
    nowMs: number,
  ): { readonly changes: readonly EndpointChange[]; readonly isWorthMore: boolean } {
    const changes: EndpointChange[] = [];
    let isWorthMore = false;
    for (const { publicKey, handshake, endpoint } of peers) {
      const known = candidates.get(publicKey) ?? [];
      if (nowMs - handshake * 1_000 < SILENT_MS) {
        this.#next.delete(publicKey);
        continue;
      }
      isWorthMore ||= known.length > 1;
      const turn = this.#next.get(publicKey) ?? (endpoint === known[0] ? 1 : 0);
      const chosen = known[turn % Math.max(1, known.length)];
      this.#next.set(publicKey, turn + 1);
      if (chosen !== undefined && chosen !== endpoint) changes.push({ publicKey, endpoint: chosen });
    }
    return { changes, isWorthMore };
  }
}

export interface EndpointChange {
  readonly publicKey: string;
  readonly endpoint: string;
}
