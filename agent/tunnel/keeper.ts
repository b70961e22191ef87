import { SerialQueue } from "../../shared/base/async/serial-queue.ts";
import type { Assembled } from "../../shared/node/config/assemble.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { messageOf } from "../failure.ts";
import type { Log } from "../log.ts";
import { converge } from "./apply.ts";
import { EndpointChooser } from "./endpoints.ts";
import type { Machine, PrivateKeys, Watch, WireguardDevice } from "./machine.ts";
import { haveMoved } from "./moves.ts";
import type { Step } from "./plan.ts";
import { familyOfRoute, routesOf, routingRulesOf } from "./routing.ts";
import type { ExitUse, Observed } from "./tunnel.ts";
import { asChosen, isolated, type KeyChanges, keyChanges, tunnelOf } from "./wanted.ts";
import { wgText } from "./wg-text.ts";

export interface KeeperOptions {
  readonly machine: Machine;
  readonly interfaceName: string;
  readonly listenPort: number;
  readonly bypass: () => readonly string[];
  /** As this machine has chosen it, whatever a config says that was made for another choice. */
  readonly exitNode: string | null;
  readonly exit: ExitUse | null;
  readonly privateKeys: PrivateKeys;
  readonly log: Log;
}

/** How often the new key of a peer is looked at. */
const WATCH_MS = 100;
/** How often a peer is looked for that may have moved. */
const SEARCH_MS = 1_000;

/**
 * Keeps the tunnel as the config in force says. One change at a time; the filter and the peers of the last good config
 * come back when a new one can't be brought about.
 */
export class TunnelKeeper {
  readonly #options: KeeperOptions;
  readonly #endpoints = new EndpointChooser();
  readonly #queue = new SerialQueue();
  #config: Assembled | null = null;
  #isApart = false;
  #waiting: Map<string, string> = new Map();
  #watcher: NodeJS.Timeout | null = null;
  #searcher: NodeJS.Timeout | null = null;
  #system: Watch | null = null;
  #conditions: readonly Condition[] = [];
  #seen: WireguardDevice | null = null;
  /** The system as it was seen to stand; null where it may stand otherwise, and must be looked at first. */
  #stood: Observed | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  get config(): Assembled | null {
    return this.#config;
  }

  /** What this machine was found to go without. */
  get conditions(): readonly Condition[] {
    return this.#conditions;
  }

  /** Whether the peers were taken away although the config names them. */
  get isApart(): boolean {
    return this.#isApart;
  }

  /**
   * Puts a config in force.
   * @param graceMs How long a peer's new key may take before it takes over without a handshake.
   * @param isApart Puts everything in force but the peers.
   * @throws ApplyFailed; then the config before is in force again, as far as the system lets it.
   */
  apply(config: Assembled, graceMs: number, isApart = false): Promise<void> {
    return this.#queue.run(async () => {
      const before = this.#config;
      const changes = before === null || this.#isApart ? NO_CHANGES : keyChanges(before, config);
      const apartBefore = this.#isApart;
      this.#waiting = new Map([...this.#waiting, ...changes]);
      this.#forget(config);
      try {
        this.#config = config;
        this.#isApart = isApart;
        await this.#converge();
      } catch (error) {
        this.#config = before;
        this.#isApart = apartBefore;
        this.#waiting.clear();
        await this.#goBack(config);
        throw error;
      }
      if (this.#waiting.size > 0) this.#watch(performance.now() + graceMs);
      const sought = [...this.#candidates(config).keys()].filter((key) => this.#endpoints.isSuspect(key));
      await this.#seek(new Set([...haveMoved(before, config), ...sought]));
    });
  }

  /** This machine has other addresses, or another way out: whom it talks to learns so at once, and is looked for. */
  moved(): Promise<void> {
    return this.#queue.run(() => this.#seek(null));
  }

  /** @param peers Keys of those that may have moved; null = all, for it was this machine that did. */
  async #seek(peers: ReadonlySet<string> | null): Promise<void> {
    if (this.#config === null || this.#isApart || peers?.size === 0) return;
    const candidates = this.#candidates(this.#config);
    const device = await this.#readDevice();
    const sought = (device?.peers ?? []).filter(({ publicKey }) => peers?.has(publicKey) ?? true);
    for (const peer of sought)
      this.#endpoints.suspect(peer, candidates.get(peer.publicKey) ?? [], performance.now());
    await this.#options.machine.nudgePeers(sought.map(({ publicKey }) => ({ publicKey, endpoint: null })));
    await this.#tryEndpoints();
    this.#search();
  }

  #search(): void {
    if (this.#searcher || !this.#endpoints.hasSuspects) return;
    const again = () => {
      this.#searcher = null;
      this.tryEndpoints().then(
        () => this.#search(),
        (error: unknown) => this.#options.log.warn(messageOf(error)),
      );
    };
    this.#searcher = setTimeout(again, SEARCH_MS);
  }

  #candidates(config: Assembled): ReadonlyMap<string, readonly string[]> {
    return new Map(config.peers.map(({ peer, record }) => [wgText(record.wireguard), peer.endpoints]));
  }

  /** Takes all peers away; the filter stays shut. */
  isolate(): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#config === null || this.#isApart) return;
      this.#isApart = true;
      this.#waiting.clear();
      await this.#converge();
    });
  }

  /** Mends what somebody else changed. */
  mend(): Promise<readonly string[]> {
    return this.#queue.run(() => {
      this.#stood = null;
      return this.#converge();
    });
  }

  /** From now on what somebody changes is mended as soon as the kernel tells of it. */
  watchSystem(): void {
    const { machine, log } = this.#options;
    this.#system = machine.watch(() => {
      this.mend().then(
        (steps) => tellMended(log, steps),
        (error: unknown) => log.warn(messageOf(error)),
      );
    });
  }

  /** Lets nothing go around an exit node that is relied on, although no config is in force that brings one. */
  holdExit(): Promise<void> {
    return this.#queue.run(async () => {
      const { machine, exit, bypass, privateKeys } = this.#options;
      if (!exit?.isRequired) return;
      const { families } = machine;
      const routes = routesOf({ peers: [], exit }).filter((route) => families.includes(familyOfRoute(route)));
      await machine.perform({ do: "close-exit", routes }, privateKeys);
      const rules = routingRulesOf({ bypass: bypass(), exit }, routes, []);
      await machine.perform({ do: "add-rules", rules }, privateKeys);
    });
  }

  /**
   * Tries other endpoints of peers that are silent.
   * @returns Whether a peer was silent that has more than one: worth another look soon.
   */
  tryEndpoints(): Promise<boolean> {
    return this.#queue.run(() => this.#tryEndpoints());
  }

  /** The device as it is, or as it was when it could last be asked: for telling, not for deciding. */
  async device(): Promise<WireguardDevice | null> {
    try {
      return await this.#readDevice();
    } catch (error) {
      this.#options.log.warn(messageOf(error));
      return this.#seen;
    }
  }

  /** Takes away whoever an earlier run left, where no config says that they may stay. */
  dropPeers(): Promise<void> {
    return this.#queue.run(() => this.#options.machine.dropPeers());
  }

  /** As the machine finds them. */
  otherFirewalls(passage: Parameters<Machine["otherFirewalls"]>[0]): Promise<Condition[]> {
    return this.#options.machine.otherFirewalls(passage);
  }

  /** @throws Error when it can't be asked. */
  async #readDevice(): Promise<WireguardDevice | null> {
    this.#seen = await this.#options.machine.readDevice();
    return this.#seen;
  }

  /**
   * Leaves nothing in the system.
   * @param isShut Nothing but what holds back what would go through the exit node.
   */
  remove(isShut = false): Promise<void> {
    return this.#queue.run(async () => {
      this.stop();
      this.#stood = null;
      const { machine, exit } = this.#options;
      await machine.clear(isShut && exit?.isRequired === true);
      this.#config = null;
    });
  }

  /** Stops watching; the tunnel stays as it is. */
  stop(): void {
    this.#system?.stop();
    this.#system = null;
    if (this.#watcher) clearTimeout(this.#watcher);
    if (this.#searcher) clearTimeout(this.#searcher);
    this.#watcher = null;
    this.#searcher = null;
  }

  async #converge(through: KeyChanges = NO_CHANGES): Promise<readonly Step["do"][]> {
    if (this.#config === null) return [];
    const { machine, privateKeys } = this.#options;
    const chosen = asChosen(this.#config, this.#options.exitNode);
    const config = this.#isApart ? isolated(chosen) : chosen;
    const known = this.#stood;
    this.#stood = null;
    const tunnel = this.#tunnel(config, through);
    const { steps, conditions, seen } = await converge(machine, tunnel, privateKeys, known);
    this.#stood = seen;
    this.#conditions = conditions;
    if (steps.length > 0) this.#system?.looked();
    return steps;
  }

  #tunnel(config: Assembled, through: KeyChanges) {
    const { interfaceName, listenPort, bypass, exit } = this.#options;
    return tunnelOf(config, {
      interfaceName,
      listenPort,
      bypass: bypass(),
      exit,
      waiting: this.#waiting,
      through,
    });
  }

  /** To the last good config, without the peers that the failed one took away. */
  async #goBack(failed: Assembled): Promise<void> {
    if (this.#config === null) return;
    this.#config = withoutLost(this.#config, failed);
    try {
      await this.#converge();
    } catch (error) {
      this.#options.log.warn(`Could not go back to the last good config: ${messageOf(error)}`);
    }
  }

  /** Key changes of peers that are gone, or have changed once more, are nobody's any longer. */
  #forget(config: Assembled): void {
    const present = new Set(config.peers.map(({ record }) => wgText(record.wireguard)));
    for (const key of this.#waiting.keys()) if (!present.has(key)) this.#waiting.delete(key);
  }

  #watch(deadline: number): void {
    if (this.#watcher) clearTimeout(this.#watcher);
    this.#watcher = setTimeout(() => {
      this.#queue
        .run(() => this.#handOver(deadline))
        .catch((error: unknown) =>
          this.#options.log.warn(`Could not hand over to a peer's new key: ${messageOf(error)}`),
        );
    }, WATCH_MS);
  }

  async #handOver(deadline: number): Promise<void> {
    const device = await this.#readDevice();
    const heard = new Set(device?.peers.filter((peer) => peer.handshake > 0).map((peer) => peer.publicKey));
    const through = new Map(
      [...this.#waiting].filter(([key]) => heard.has(key) || performance.now() >= deadline),
    );
    if (through.size > 0) {
      for (const key of through.keys()) this.#waiting.delete(key);
      await this.#giveTraffic(through);
      await this.#converge(through);
    }
    if (this.#waiting.size > 0) this.#watch(deadline);
  }

  /** At once, before the rest of the system is looked at: packets that come under a new key are lost until then. */
  async #giveTraffic(through: KeyChanges): Promise<void> {
    if (this.#config === null) return;
    this.#stood = null;
    const { peers } = this.#tunnel(this.#config, through);
    const changes = peers
      .filter(({ publicKey }) => through.has(publicKey))
      .map(({ publicKey, allowedIps }) => ({ publicKey, allowedIps, endpoint: null }));
    await this.#options.machine.setPeers(changes);
  }

  async #tryEndpoints(): Promise<boolean> {
    const device = await this.#readDevice();
    if (!device || !this.#config || this.#isApart) return false;
    const candidates = this.#candidates(this.#config);
    const [now, wall] = [performance.now(), Date.now()];
    const { changes, isWorthMore } = this.#endpoints.choose(device.peers, candidates, now, wall);
    await this.#options.machine.nudgePeers(changes);
    return isWorthMore;
  }
}

/** What is done to the tunnel behind the agent's back is worth a line in the log. */
export function tellMended(log: Log, steps: readonly string[]): void {
  if (steps.length > 0) log.warn(`Mended what somebody changed: ${steps.join(", ")}`);
}

const NO_CHANGES: KeyChanges = new Map();

/** Going back brings back no peer that the new config took away: that a change failed is no reason to trust again. */
function withoutLost(before: Assembled, config: Assembled): Assembled {
  const left = new Set(config.peers.map(({ peer }) => peer.node));
  return { ...before, peers: before.peers.filter(({ peer }) => left.has(peer.node)) };
}
