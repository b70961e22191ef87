import { pause } from "../../shared/base/async/timer.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { Bridge } from "../edge/bridge.ts";
import { type EdgeStep, EdgeWatch } from "../edge/edge-watch.ts";
import { messageOf } from "../failure.ts";
import { condition } from "../health/condition.ts";
import { timer } from "../timer.ts";
import type { WireguardPeer } from "../tunnel/machine.ts";
import { relayedPlaces } from "../tunnel/moves.ts";
import { wgText } from "../tunnel/wg-text.ts";
import type { Again, NodeView, Part } from "./part.ts";

const LOOK_MS = 1_000;
/** While all peers are heard, a look at the device at each tenth of them is enough: it may start a tool of the system. */
const CALM_LOOKS = 10;
/** Since which capability hubs have an edge relay. */
const EDGE_SINCE = 6;
/** The most bridges that are open at a time. */
const MOST_BRIDGES = 64;
/** A bridge on which nobody came for so long (milliseconds) makes room for another one. */
const ALONE_MS = 60_000;
/** How long an answer of a peer on a direct path is waited for, and how many of its endpoints are tried in a row, and then of its relays'. */
const TRY_MS = 150;
const MOST_TRIED = 4;
/** Datagrams that were under way on the edge relay when the peer was heard directly have come by then. */
const LATE_MS = 3_000;

/**
 * Reaches peers through the edge relay while no UDP path leads to them, and goes back to UDP by itself. WireGuard knows nothing of it:
 * a bridge is one more endpoint of the peer, on this machine's loopback.
 */
export class Edge implements Part {
  readonly name = "edge";
  readonly #node: NodeView;
  readonly #watch = new EdgeWatch();
  readonly #bridges = new Map<string, Bridge>();
  #looks = 0;

  constructor(node: NodeView) {
    this.#node = node;
  }

  start(again: Again): void {
    again(LOOK_MS, () => this.#lookIfDue());
  }

  onConfig(): void {
    this.#looks = 0;
  }

  onMove(): void {
    this.#looks = 0;
    this.#watch.seekSoon();
    for (const bridge of this.#bridges.values()) bridge.reset();
  }

  health(): readonly Condition[] {
    const troubles = [...this.#bridges.values()].flatMap(({ trouble, openedAt }) =>
      trouble === null || performance.now() - openedAt < ALONE_MS ? [] : trouble,
    );
    return troubles.length === 0 ? [] : [condition("edge_closed", [...new Set(troubles)].join("; "))];
  }

  stop(): void {
    for (const publicKey of this.#bridges.keys()) this.#close(publicKey);
  }

  async #lookIfDue(): Promise<void> {
    const { tunnel } = this.#node;
    const silent = this.#silent();
    const isCalm = this.#bridges.size + silent.size === 0 && !this.#watch.hasSilent;
    if (isCalm && this.#looks++ % CALM_LOOKS !== 0) return;
    const peers = tunnel.config === null || tunnel.isApart ? [] : await this.#peers();
    for (const step of this.#watch.look(peers, this.#bridges, performance.now(), silent))
      await this.#do(step);
  }

  /** The peers of the config as WireGuard has them. */
  async #peers(): Promise<readonly WireguardPeer[]> {
    const device = await this.#node.tunnel.device();
    const named = this.#named();
    return (device?.peers ?? []).filter(({ publicKey }) => named.has(publicKey));
  }

  /** The keys of the peers that answer no probes, as the look at the paths finds. */
  #silent(): ReadonlySet<string> {
    const { tunnel, paths } = this.#node;
    const now = performance.now();
    const silent = [...paths.peers].filter(([, path]) => path.isSilent(now)).map(([node]) => node);
    if (silent.length === 0) return new Set();
    const nodes = new Set(silent);
    const peers = tunnel.config?.peers.filter(({ peer }) => nodes.has(peer.node)) ?? [];
    return new Set(peers.map(({ record }) => wgText(record.wireguard)));
  }

  #named() {
    const peers = this.#node.tunnel.config?.peers ?? [];
    return new Map(peers.map(({ peer, record }) => [wgText(record.wireguard), peer]));
  }

  async #do({ do: what, publicKey }: EdgeStep): Promise<unknown> {
    const bridge = this.#bridges.get(publicKey);
    if (what === "open") return this.#open(publicKey);
    if (!bridge) return;
    const { machine } = this.#node.tunnel;
    switch (what) {
      case "close":
        return this.#close(publicKey);
      case "take":
        bridge.release();
        this.#say(publicKey, "is reached through the edge relay now");
        return machine.nudgePeers([{ publicKey, endpoint: bridge.endpoint }]);
      case "settle":
        bridge.dropFor(LATE_MS);
        this.#say(publicKey, "is reached by UDP again");
        return machine.nudgePeers([{ publicKey, endpoint: null }]);
      case "seek":
        bridge.seek();
        return this.#seek(publicKey, bridge);
    }
  }

  async #open(publicKey: string): Promise<void> {
    const { hub, connection, way, log, settings, tunnel } = this.#node;
    const peer = this.#named().get(publicKey);
    if (!peer || (await connection.session()).capability < EDGE_SINCE || !this.#makeRoom()) return;
    const bridge = await Bridge.open({
      ...{ peer: { node: peer.node, name: peer.name }, hub, connection, way, log },
      listenPort: settings.listenPort,
      onSeek: () => this.#watch.seekSoon(publicKey),
    });
    this.#bridges.set(publicKey, bridge);
    tunnel.candidates.offer(publicKey, bridge.endpoint);
  }

  /** @returns False when all bridges are in use. */
  #makeRoom(): boolean {
    if (this.#bridges.size < MOST_BRIDGES) return true;
    const now = performance.now();
    for (const [publicKey, { isPaired, openedAt }] of this.#bridges)
      if (!isPaired && now - openedAt > ALONE_MS) {
        this.#close(publicKey);
        return true;
      }
    return false;
  }

  #close(publicKey: string): void {
    this.#node.tunnel.candidates.offer(publicKey, null);
    this.#bridges.get(publicKey)?.close();
    this.#bridges.delete(publicKey);
  }

  /**
   * Sends a packet to each endpoint of the peer, and to the relays of the pair. Meanwhile nothing comes from the bridge, so whatever WireGuard hears came
   * directly, and WireGuard stays there. Otherwise what came meanwhile is heard, and the way is the bridge again.
   */
  async #seek(publicKey: string, bridge: Bridge): Promise<void> {
    const { tunnel, log } = this.#node;
    const { machine } = tunnel;
    const peer = this.#named().get(publicKey);
    const ways = peer ? [peer.endpoints, relayedPlaces(peer)] : [];
    const received = async () =>
      (await this.#peers()).find((peer) => peer.publicKey === publicKey)?.receivedBytes ?? 0;
    bridge.hold();
    try {
      const before = await received();
      for (const endpoint of ways.flatMap((endpoints) => endpoints.slice(0, MOST_TRIED))) {
        await machine.nudgePeers([{ publicKey, endpoint }]);
        await pause(timer, TRY_MS);
        if ((await received()) > before) return bridge.dropFor(LATE_MS);
      }
      await machine.pointPeer(publicKey, bridge.endpoint);
    } catch (error) {
      log.warn(messageOf(error));
    }
    bridge.release();
  }

  #say(publicKey: string, what: string): void {
    this.#node.log.info(`${this.#named().get(publicKey)?.name ?? publicKey} ${what}`);
  }
}
