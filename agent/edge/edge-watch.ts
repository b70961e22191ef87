import type { WireguardPeer } from "../tunnel/machine.ts";
import { isOnEdge } from "../tunnel/paths.ts";

/** A peer that was never heard is sought at its endpoints for so long first. */
const FIRST_MS = 8_000;
/** WireGuard answers what it gets within ten seconds, and begins a handshake when no answer comes for fifteen. */
const UNANSWERED_MS = 15_000;
/** Where probes are not answered either, no path of the config is left after so long. */
const UNPROBED_MS = 6_000;
/** The bytes of that handshake's first message. Keepalives alone, which nobody answers, are fewer. */
const UNANSWERED_BYTES = 148;
/** Two keepalives of the peer did not come. */
const SILENT_MS = 60_000;
/** How long the edge relay is given before it is tried once more. */
const AGAIN_MS = 5_000;
/** How long a peer must be heard directly before its bridge goes. */
const SETTLED_MS = 30_000;
/** A direct path that failed so soon after it was found counts as found in vain. */
const IN_VAIN_MS = 60_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

/** A bridge as the watch sees it. */
export interface WatchedBridge {
  readonly endpoint: string;
  readonly isPaired: boolean;
}

/** What is to be done for a peer, by its key. */
export interface EdgeStep {
  /**
   * `open` and `close` the bridge; `take` the way through it; `seek` a direct path from it; `settle` on the direct path on
   * which the peer was heard.
   */
  readonly do: "open" | "close" | "take" | "seek" | "settle";
  readonly publicKey: string;
}

interface Watched {
  received: number;
  /** When bytes came last, and how many had been sent then. */
  heardAt: number;
  sentThen: number;
  /** Nothing ever came. */
  isNew: boolean;
  tookAt: number;
  /** Since when the peer is heard on another path than the bridge. Null while it is not. */
  directSince: number | null;
  wasOnEdge: boolean;
  seekAt: number;
  pauseMs: number;
}

/**
 * Finds which peers need the edge relay, and which need it no more. It goes by the counters of WireGuard alone. Time is that of
 * a clock that nobody can set.
 */
export class EdgeWatch {
  readonly #watched = new Map<string, Watched>();

  /**
   * What to do now.
   * @param peers The peers of the config in force.
   * @param bridges By the keys of their peers.
   * @param silent The keys of the peers that answer no probes.
   */
  look(
    peers: readonly WireguardPeer[],
    bridges: ReadonlyMap<string, WatchedBridge>,
    nowMs: number,
    silent: ReadonlySet<string> = NOBODY,
  ): readonly EdgeStep[] {
    const present = new Set(peers.map(({ publicKey }) => publicKey));
    for (const key of this.#watched.keys()) if (!present.has(key)) this.#watched.delete(key);
    const gone = [...bridges.keys()].filter((key) => !present.has(key));
    return [
      ...gone.map((publicKey): EdgeStep => ({ do: "close", publicKey })),
      ...peers.flatMap((peer) => this.#stepFor(peer, bridges.get(peer.publicKey), nowMs, silent)),
    ];
  }

  /** This machine has moved, or the other end asks: a direct path is sought soon. */
  seekSoon(publicKey: string | null = null): void {
    for (const [key, watched] of this.#watched) {
      if (publicKey !== null && key !== publicKey) continue;
      watched.seekAt = 0;
      if (publicKey === null) watched.pauseMs = FIRST_PAUSE_MS;
    }
  }

  /** Whether some peer is not heard, so that another look soon is worth it. */
  get hasSilent(): boolean {
    return [...this.#watched.values()].some(({ isNew }) => isNew);
  }

  #stepFor(
    peer: WireguardPeer,
    bridge: WatchedBridge | undefined,
    nowMs: number,
    silent: ReadonlySet<string>,
  ): EdgeStep[] {
    const { publicKey, endpoint } = peer;
    const watched = this.#hear(peer, nowMs);
    const step = (what: EdgeStep["do"]): EdgeStep[] => [{ do: what, publicKey }];
    const isByEdge = isOnEdge(endpoint);
    const isUnprobed = silent.has(publicKey);
    const isDead = isSilent(watched, peer, nowMs, isUnprobed ? UNPROBED_MS : UNANSWERED_MS);
    // Other paths of the config come first. Meanwhile the way through the relay is made ready.
    if (!bridge) return isDead || isByEdge || isUnprobed ? step("open") : [];
    const cameFromEdge = watched.wasOnEdge;
    watched.wasOnEdge = isByEdge;
    if (isDead || isByEdge) this.#leave(watched, nowMs);
    if (endpoint === bridge.endpoint) {
      if (isDead || nowMs < watched.seekAt) return [];
      watched.seekAt = nowMs + watched.pauseMs;
      watched.pauseMs = Math.min(2 * watched.pauseMs, LONGEST_PAUSE_MS);
      return step("seek");
    }
    if (isDead || isByEdge) {
      if (!bridge.isPaired || nowMs - watched.tookAt < AGAIN_MS) return [];
      watched.tookAt = nowMs;
      watched.seekAt = nowMs + watched.pauseMs;
      return step("take");
    }
    watched.directSince ??= nowMs;
    if (cameFromEdge) return step("settle");
    return nowMs - watched.directSince >= SETTLED_MS ? step("close") : [];
  }

  #hear({ publicKey, receivedBytes, sentBytes }: WireguardPeer, nowMs: number): Watched {
    const watched = this.#watched.get(publicKey) ?? {
      received: receivedBytes,
      heardAt: nowMs,
      sentThen: sentBytes,
      isNew: receivedBytes === 0,
      tookAt: Number.NEGATIVE_INFINITY,
      directSince: null,
      wasOnEdge: false,
      seekAt: 0,
      pauseMs: FIRST_PAUSE_MS,
    };
    this.#watched.set(publicKey, watched);
    if (receivedBytes !== watched.received) {
      watched.received = receivedBytes;
      watched.heardAt = nowMs;
      watched.sentThen = sentBytes;
      watched.isNew = false;
    }
    return watched;
  }

  /** The peer is not on a direct path any more. One that held for long shows that direct paths are worth a look again. */
  #leave(watched: Watched, nowMs: number): void {
    if (watched.directSince !== null && nowMs - watched.directSince > IN_VAIN_MS)
      watched.pauseMs = FIRST_PAUSE_MS;
    watched.directSince = null;
  }
}

const NOBODY: ReadonlySet<string> = new Set();

function isSilent(
  watched: Watched,
  { sentBytes }: WireguardPeer,
  nowMs: number,
  unansweredMs: number,
): boolean {
  const silentMs = nowMs - watched.heardAt;
  if (watched.isNew) return silentMs >= FIRST_MS;
  const unanswered = sentBytes - watched.sentThen;
  return (silentMs >= unansweredMs && unanswered >= UNANSWERED_BYTES) || silentMs >= SILENT_MS;
}
