import type { WireguardPeer } from "./machine.ts";

/** A tunnel in use shakes hands every two minutes. After this long without a handshake, its path counts as dead. */
const SILENT_MS = 150_000;
/** How long a suspected path may stay silent. Perhaps the peer only has nothing to say. */
const PATIENCE_MS = 4_000;
/**
 * How long the agent then waits at each other endpoint. A handshake and its answer travel around the earth in less
 * time.
 */
const TRY_MS = 2_000;

/** The endpoints at which a suspected peer has still to be tried. */
interface Suspicion {
  /** The bytes that had come from the peer when the suspicion began. */
  readonly received: number;
  readonly left: string[];
  until: number;
}

/** The last handshake that the agent saw with a peer. */
interface Heard {
  /** The time of the handshake on the wall clock, seconds. */
  readonly handshake: number;
  readonly atMs: number;
}

/**
 * Finds the endpoint at which a peer can be reached. It leaves a peer alone that it hears. If a peer may have moved, or
 * if this machine has another way to the peer, it tries all endpoints within seconds. If a peer has only been silent
 * for long, it tries one endpoint at each look. Time is that of a clock that nobody can set. When the wall clock is
 * corrected, the silence of a peer does not grow.
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
   * Suspects that a peer has moved. If no endpoint works, the last try goes back to the peer's former endpoint, or to
   * the best known endpoint if the former one is not among the known ones.
   * @param known The endpoints where the peer may be, best first.
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

  /**
   * Chooses the endpoints to try now.
   * @param wallMs The wall clock. WireGuard notes handshakes by it.
   */
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

  /**
   * Milliseconds since the last handshake. The wall clock counts only for the first handshake that this object sees of
   * a peer.
   */
  #silence({ publicKey, handshake }: WireguardPeer, nowMs: number, wallMs: number): number {
    if (handshake === 0) return Number.POSITIVE_INFINITY;
    const before = this.#heard.get(publicKey);
    if (before?.handshake === handshake) return nowMs - before.atMs;
    const age = before ? 0 : Math.max(0, wallMs - handshake * 1_000);
    this.#heard.set(publicKey, { handshake, atMs: nowMs - age });
    return age;
  }

  /**
   * The endpoint at which a suspect is to be tried now. Null when the peer is heard, or when the last try still runs.
   */
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
