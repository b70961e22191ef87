import { randomBytes } from "node:crypto";
import type { Assembled } from "../../shared/node/config/assemble.ts";
import { canonicalPrefix, contains, type Prefix, parseHost } from "../../shared/node/config/prefixes.ts";
import { addressOf } from "../../shared/node/hearing.ts";
import { PROBE_EVERY_MS } from "../../shared/paths/path-watch.ts";
import { PROBE_ID_BYTES, probeId, questionOf } from "../../shared/paths/probe.ts";
import { candidatesOf } from "../paths/candidates.ts";
import { LegProbes, type Spare } from "../paths/leg-probes.ts";
import { type Move, PeerPaths } from "../paths/peer-paths.ts";
import { ProbeSocket } from "../paths/probe-socket.ts";
import { Traffic } from "../paths/traffic.ts";
import { wgText } from "../tunnel/wg-text.ts";
import type { Again, NodeView, Part } from "./part.ts";

/** So many questions go out at once, twice a second, and so many of them to peers without traffic. */
const BUDGET = 64;
const IDLE_BUDGET = 4;
/** While traffic passes, the device is looked at so often: ms. */
const LOOK_MS = 2_000;

/** What the part keeps of a peer beside its paths. */
interface Watched {
  readonly node: string;
  readonly address: string;
  readonly publicKey: string;
  readonly paths: PeerPaths;
  /** Probes that came and went since the last look at the device. */
  probes: number;
}

/**
 * Measures the paths to the peers, and moves a peer whose path fell silent to another. A peer with traffic is probed twice a
 * second, one without about once a minute.
 */
export class Paths implements Part {
  readonly name = "paths";
  readonly #node: NodeView;
  readonly #traffic: Traffic;
  readonly #socket: ProbeSocket;
  readonly #legs = new LegProbes(randomBytes);
  #config: Assembled | null = null;
  #byAddress = new Map<string, Watched>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(node: NodeView) {
    this.#node = node;
    this.#traffic = new Traffic(node.settings.interfaceName);
    this.#socket = new ProbeSocket((address) => this.#byAddress.has(address), {
      onQuestion: (address) => this.#hear(address, (paths) => paths.isAsked(performance.now()), 2),
      onAnswer: (address, id) => this.#hear(address, (paths) => paths.isAnswered(id, performance.now()), 1),
    });
  }

  start(again: Again): void {
    again(PROBE_EVERY_MS, () => this.#work());
  }

  stop(): void {
    this.#socket.close();
    this.#legs.close();
  }

  async #work(): Promise<void> {
    const { tunnel } = this.#node;
    const config = tunnel.isApart ? null : tunnel.config;
    if (config !== this.#config) this.#learnPeers(config);
    if (!config?.manifest.probes || config.peers.length === 0) return this.stop();
    this.#socket.open(config.manifest.ipv4);
    await this.#lookAtDevice();
    for (const watched of this.#byAddress.values()) {
      const move = watched.paths.look(performance.now());
      if (move) await this.#move(watched, move);
    }
    this.#ask();
    this.#legs.ask(this.#spares(config));
  }

  #learnPeers(config: Assembled | null): void {
    const now = performance.now();
    const book = this.#node.paths.peers;
    const peers = config?.manifest.probes ? config.peers : [];
    this.#byAddress = new Map(
      peers.map(({ peer, record }) => {
        const paths = book.get(peer.node) ?? new PeerPaths(now);
        const place = { node: peer.node, address: peer.ipv4, publicKey: wgText(record.wireguard) };
        return [peer.ipv4, { ...place, paths, probes: 0 }];
      }),
    );
    book.clear();
    for (const { node, paths } of this.#byAddress.values()) book.set(node, paths);
    this.#config = config;
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  /** Looks at the device while traffic passes, and more often while somebody is late. */
  async #lookAtDevice(): Promise<void> {
    const now = performance.now();
    const passes = this.#traffic.passes(this.#socket.packets);
    const isLate = [...this.#byAddress.values()].some(({ paths }) => paths.isLate(now));
    const isFirst = this.#lookedAt === Number.NEGATIVE_INFINITY;
    if (!isLate && !isFirst && !(passes && now - this.#lookedAt >= LOOK_MS)) return;
    const device = await this.#node.tunnel.device();
    if (!device) return;
    this.#lookedAt = now;
    const byKey = new Map([...this.#byAddress.values()].map((watched) => [watched.publicKey, watched]));
    const { carrying, heard } = this.#traffic.compare(device, (key) => byKey.get(key)?.probes ?? 0);
    const endpoints = new Map(device.peers.map(({ publicKey, endpoint }) => [publicKey, endpoint]));
    for (const watched of byKey.values()) {
      watched.probes = 0;
      this.#learnPaths(watched, endpoints.get(watched.publicKey) ?? null, now);
    }
    if (passes) for (const key of carrying) byKey.get(key)?.paths.carries(now);
    for (const key of heard) byKey.get(key)?.paths.hears(now);
  }

  #learnPaths({ node, paths }: Watched, endpoint: string | null, now: number): void {
    const peer = this.#config?.peers.find((known) => known.peer.node === node)?.peer;
    const move = peer && paths.learn(candidatesOf(peer, endpoint), endpoint, now);
    if (move) this.#node.paths.moved(node, move);
  }

  async #move({ node, publicKey }: Watched, move: Move): Promise<void> {
    this.#node.paths.moved(node, move);
    this.#node.log.info(`Peer ${node} is sent to by ${move.to.endpoint} now (${move.why})`);
    await this.#node.tunnel.sendBy(publicKey, move.to.endpoint);
  }

  #ask(): void {
    const now = performance.now();
    const due = [...this.#byAddress.values()].filter(({ paths }) => paths.isDue(now));
    const close = due.filter(({ paths }) => paths.isClose(now));
    const idle = due.filter(({ paths }) => !paths.isClose(now)).slice(0, IDLE_BUDGET);
    for (const watched of [...close, ...idle].slice(0, BUDGET)) {
      const id = randomBytes(PROBE_ID_BYTES);
      watched.paths.asks(probeId(id), now);
      watched.probes += 1;
      this.#socket.send(questionOf(id), watched.address);
    }
  }

  /** The spare legs of peers with traffic. What goes through the tunnel itself shows nothing of the way to a relay. */
  #spares({ peers }: Assembled): readonly Spare[] {
    const now = performance.now();
    const tunnelled = peers.flatMap(({ peer }) =>
      peer.routes.flatMap((route) => canonicalPrefix(route) ?? []),
    );
    return [...this.#byAddress.values()].flatMap(({ paths }) =>
      paths
        .spares(now)
        .filter(({ endpoint }) => !tunnelled.some((route) => isWithin(route, endpoint)))
        .map(({ endpoint, by }) => ({
          ...{ endpoint, by },
          onAnswer: (rttMs: number) => paths.halfAnswers(endpoint, rttMs, performance.now()),
          onLate: () => paths.halfAnswers(endpoint, null, performance.now()),
        })),
    );
  }

  #hear(address: string, tell: (paths: PeerPaths) => void, probes: number): void {
    const watched = this.#byAddress.get(address);
    if (!watched) return;
    watched.probes += probes;
    tell(watched.paths);
  }
}

function isWithin(route: Prefix, endpoint: string): boolean {
  const host = parseHost(addressOf(endpoint).replace(/^\[|\]$/g, ""));
  return host !== null && contains(route, host);
}
