import type { WireguardPeer } from "./machine.ts";

/** A tunnel in use shakes hands every two minutes; after this long without it, the path is taken for dead. */
const SILENT_MS = 150_000;
/** How long a path that may be dead, and may as well only have nothing to say, is given. */
const PATIENCE_MS = 4_000;
/** How long each other endpoint is given then: a handshake and its answer go round the earth in less. */
const TRY_MS = 2_000;

/** What a peer that may have moved has still to be tried at. */
interface Suspicion {
  /** Bytes that had come from it when it came under suspicion. */
  readonly received: number;
  readonly left: string[];
  until: number;
}

/** The last handshake that was seen with a peer. */
interface Heard {
  /** By the wall clock, seconds. */
  readonly handshake: number;
  readonly atMs: number;
}

/**
 * Finds the endpoint at which a peer is to be had. A peer that is heard is left alone. One that may have moved, or to
 * which this machine's way has changed, is tried everywhere within seconds; one that has merely been silent for long, in
 * turn at each look. Time is that of a clock that nobody sets: when the wall clock is put right, no peer is older by it.
 */
export class EndpointChooser {
  readonly #heard = new Map<string, Heard>();
  readonly #next = new Map<string, number>();
  readonly #suspects = new Map<string, Suspicion>();

  get hasSuspects(): boolean {
    return this.#suspects.size > 0;
  }

  isSuspect(publicKey: string): boolean {
    return this.#suspects.has(publicKey);
  }

  /**
   * Takes a peer for moved. One that is found nowhere ends where it was, or at the best when it can't be there.
   * @param known Where it may be, best first.
   */
  suspect(peer: WireguardPeer, known: readonly string[], nowMs: number): void {
    const { publicKey, endpoint, receivedBytes } = peer;
    const [best] = known;
    if (best === undefined) return;
    const others = known.filter((candidate) => candidate !== endpoint);
    if (endpoint === null || !known.includes(endpoint))
      this.#suspects.set(publicKey, { received: receivedBytes, left: [...others, best], until: nowMs });
    else if (others.length > 0) {
      const left = [...others, endpoint];
      this.#suspects.set(publicKey, { received: receivedBytes, left, until: nowMs + PATIENCE_MS });
    }
  }

  /** @param wallMs The wall clock, which WireGuard notes handshakes by. */
  choose(
    peers: readonly WireguardPeer[],
    candidates: ReadonlyMap<string, readonly string[]>,
    nowMs: number,
    wallMs: number,
  ): { readonly changes: readonly EndpointChange[]; readonly isWorthMore: boolean } {
    const changes: EndpointChange[] = [];
    let isWorthMore = false;
    for (const peer of peers) {
      const { publicKey, endpoint } = peer;
      const silentMs = this.#silence(peer, nowMs, wallMs);
      const suspicion = this.#suspects.get(publicKey);
      if (suspicion) {
        const tried = this.#tried(peer, suspicion, nowMs);
        if (tried !== null && tried !== endpoint) changes.push({ publicKey, endpoint: tried });
        continue;
      }
      const known = candidates.get(publicKey) ?? [];
      if (silentMs < SILENT_MS) {
        this.#next.delete(publicKey);
        continue;
      }
      isWorthMore ||= known.length > 1;
      const turn = this.#next.get(publicKey) ?? (endpoint === known[0] ? 1 : 0);
      const chosen = known[turn % Math.max(1, known.length)];
      this.#next.set(publicKey, turn + 1);
      if (chosen !== undefined && chosen !== endpoint) changes.push({ publicKey, endpoint: chosen });
    }
    const present = new Set(peers.map(({ publicKey }) => publicKey));
    for (const known of [this.#suspects, this.#heard])
      for (const key of known.keys()) if (!present.has(key)) known.delete(key);
    return { changes, isWorthMore };
  }

  /** Milliseconds since the last handshake. Only that of one which is seen for the first time is told by the wall clock. */
  #silence({ publicKey, handshake }: WireguardPeer, nowMs: number, wallMs: number): number {
    if (handshake === 0) return Number.POSITIVE_INFINITY;
    const before = this.#heard.get(publicKey);
    if (before?.handshake === handshake) return nowMs - before.atMs;
    const age = before ? 0 : Math.max(0, wallMs - handshake * 1_000);
    this.#heard.set(publicKey, { handshake, atMs: nowMs - age });
    return age;
  }

  /** Where a suspect is to be tried now; null when it is heard, or the last try still runs. */
  #tried(peer: WireguardPeer, suspicion: Suspicion, nowMs: number): string | null {
    const isHeard = peer.receivedBytes > suspicion.received;
    if (!isHeard && nowMs < suspicion.until) return null;
    const chosen = isHeard ? undefined : suspicion.left.shift();
    if (chosen === undefined) {
      this.#suspects.delete(peer.publicKey);
      return null;
    }
    suspicion.until = nowMs + TRY_MS;
    return chosen;
  }
}

export interface EndpointChange {
  readonly publicKey: string;
  readonly endpoint: string;
}
