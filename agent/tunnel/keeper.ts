import { SerialQueue } from "../../shared/base/async/serial-queue.ts";
import type { Assembled } from "../../shared/node/config/assemble.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { messageOf } from "../failure.ts";
import type { Log } from "../log.ts";
import { converge } from "./apply.ts";
import { Candidates } from "./candidates.ts";
import { DriftLog, tellMended } from "./drift.ts";
import { EndpointChooser } from "./endpoints.ts";
import { RulesetInForce } from "./in-force.ts";
import type { Machine, MachineView, PrivateKeys, Watch, WireguardDevice } from "./machine.ts";
import { haveMoved, leftRelays, waysOn } from "./moves.ts";
import type { Step } from "./plan.ts";
import { familyOfRoute, routesOf, routingRulesOf } from "./routing.ts";
import { RuleClock } from "./rule-clock.ts";
import type { ExitUse, Observed } from "./tunnel.ts";
import {
  asChosen,
  isolated,
  type KeyChanges,
  keyChanges,
  stillWaiting,
  tunnelOf,
  withoutLost,
} from "./wanted.ts";

export interface KeeperOptions {
  readonly machine: Machine;
  readonly interfaceName: string;
  readonly listenPort: number;
  readonly bypass: () => readonly string[];
  /** The exit node that this machine has chosen. It counts even when the config was made for another choice. */
  readonly exitNode: string | null;
  readonly exit: ExitUse | null;
  /** Hub time minus this machine's, in milliseconds. */
  readonly skewMs: () => number;
  readonly privateKeys: PrivateKeys;
  readonly log: Log;
}

/** How often the agent looks whether a peer's new key has shaken hands. */
const WATCH_MS = 100;
/** How often the agent looks for a peer that may have moved. */
const SEARCH_MS = 1_000;

/**
 * Keeps the tunnel as the config in force says. It makes one change at a time. If a new config can't be put in force,
 * the filter and the peers of the last good config come back.
 */
export class TunnelKeeper {
  readonly #options: KeeperOptions;
  readonly #endpoints = new EndpointChooser();
  /** Where peers may be reached. */
  readonly candidates = new Candidates();
  readonly #queue = new SerialQueue();
  #config: Assembled | null = null;
  #isApart = false;
  #waiting: Map<string, string> = new Map();
  #watcher: NodeJS.Timeout | null = null;
  #searcher: NodeJS.Timeout | null = null;
  readonly #clock = new RuleClock();
  #system: Watch | null = null;
  #conditions: readonly Condition[] = [];
  /** What somebody else changed of the protection, and was mended. */
  readonly drifts = new DriftLog();
  /** The filter that the kernel has. */
  readonly ruleset = new RulesetInForce();
  #firewallChanges = 0;
  #seen: WireguardDevice | null = null;
  /**
   * The state of the system at the last look. Null when the state may have changed since, so that a look must come
   * first.
   */
  #stood: Observed | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  get config(): Assembled | null {
    return this.#config;
  }

  /** What this machine lacks. */
  get conditions(): readonly Condition[] {
    return [...this.#conditions, ...this.drifts.conditions(performance.now())];
  }

  /** How often another program changed rules of nftables since the start, bursts counted once. */
  get firewallChanges(): number {
    return this.#firewallChanges;
  }

  /** Whether the peers were taken away although the config names them. */
  get isApart(): boolean {
    return this.#isApart;
  }

  /**
   * Puts a config in force.
   * @param graceMs How long the old key of a peer stays when its new key does not shake hands.
   * @param isApart Puts everything in force except the peers.
   * @throws ApplyFailed. The former config is then in force again, as far as the system allows it.
   */
  apply(config: Assembled, graceMs: number, isApart = false): Promise<void> {
    return this.#queue.run(async () => {
      const before = this.#config;
      const changes = before === null || this.#isApart ? NO_CHANGES : keyChanges(before, config);
      const apartBefore = this.#isApart;
      this.#waiting = stillWaiting([...this.#waiting, ...changes], config);
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
      await this.#leaveRelays(before, config);
      const sought = [...this.candidates.of(config).keys()].filter((key) => this.#endpoints.isSuspect(key));
      await this.#seek(new Set([...haveMoved(before, config), ...sought]));
    });
  }

  /** Goes on by another way where a relay is not to be used any more. It still carries the peer for a while. */
  async #leaveRelays(before: Assembled | null, config: Assembled): Promise<void> {
    const ways = before === null || this.#isApart ? NO_CHANGES : leftRelays(before, config);
    if (ways.size === 0) return;
    await this.#options.machine.nudgePeers(waysOn(ways, (await this.#readDevice())?.peers ?? []));
  }

  /**
   * This machine has other addresses, or another way out. The peers learn this at once, and the agent looks for them.
   */
  moved(): Promise<void> {
    return this.#queue.run(() => this.#seek(null));
  }

  /** @param peers The keys of the peers that may have moved. Null means all peers, because this machine moved. */
  async #seek(peers: ReadonlySet<string> | null): Promise<void> {
    if (this.#config === null || this.#isApart || peers?.size === 0) return;
    const candidates = this.candidates.of(this.#config);
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

  /** Takes all peers away. The filter stays shut. */
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
    return this.#queue.run(async () => {
      this.#stood = null;
      const before = this.ruleset.text;
      const steps = await this.#converge();
      // A rule may have begun or ended. Then another filter comes into force, and nobody changed the one before.
      const isSame = before === this.ruleset.text;
      const mended = steps.filter((step) => isSame || step !== "load-filter");
      this.drifts.note(mended, Date.now(), performance.now());
      this.#system?.slowDown(this.drifts.pauseMs(performance.now()));
      return steps;
    });
  }

  /** From now on, a change by another program is mended as soon as the kernel reports it. */
  watchSystem(): void {
    const { machine, log } = this.#options;
    this.#system = machine.watch({
      onChange: () =>
        this.mend().then(
          (steps) => tellMended(log, steps),
          (error: unknown) => log.warn(messageOf(error)),
        ),
      onFirewall: () => {
        this.#firewallChanges += 1;
      },
    });
  }

  /** Blocks traffic around a required exit node while no config is in force. */
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
   * Tries other endpoints of silent peers.
   * @returns Whether a silent peer has more than one endpoint, so that another look soon is worth it.
   */
  tryEndpoints(): Promise<boolean> {
    return this.#queue.run(() => this.#tryEndpoints());
  }

  /** Sends to a peer by another endpoint from now on. The session with the peer goes on. */
  sendBy(publicKey: string, endpoint: string): Promise<void> {
    return this.#queue.run(() => this.#options.machine.nudgePeers([{ publicKey, endpoint }]));
  }

  /** The device as it is, or as it was when it was last read. It is good for reports, not for decisions. */
  async device(): Promise<WireguardDevice | null> {
    try {
      return await this.#readDevice();
    } catch (error) {
      this.#options.log.warn(messageOf(error));
      return this.#seen;
    }
  }

  /** Removes the peers of an earlier run when no config says that they may stay. */
  dropPeers(): Promise<void> {
    return this.#queue.run(() => this.#options.machine.dropPeers());
  }

  /** What can be asked of the machine without changing what the tunnel lets through. */
  get machine(): MachineView {
    return this.#options.machine;
  }

  /** The hub says that the filter in force is not the one that it compiled: loads it anew. */
  reload(): Promise<readonly string[]> {
    this.#options.machine.doubtFilter();
    return this.mend();
  }

  /** @throws Error when the device can't be read. */
  async #readDevice(): Promise<WireguardDevice | null> {
    this.#seen = await this.#options.machine.readDevice();
    return this.#seen;
  }

  /**
   * Removes everything from the system.
   * @param isShut Keeps what holds back the traffic for a required exit node.
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

  /** Stops watching. The tunnel stays as it is. */
  stop(): void {
    this.#system?.stop();
    this.#system = null;
    if (this.#watcher) clearTimeout(this.#watcher);
    if (this.#searcher) clearTimeout(this.#searcher);
    this.#clock.stop();
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
    const now = Date.now() + this.#options.skewMs();
    const { steps, conditions, seen } = await converge(machine, tunnel, privateKeys, known).catch((error) => {
      this.ruleset.isUnknown();
      throw error;
    });
    this.ruleset.is(tunnel.filter, this.#config, config, now);
    this.#stood = seen;
    this.#conditions = conditions;
    this.#ringAtChange(config);
    if (steps.length > 0) this.#system?.looked();
    return steps;
  }

  /** Makes the filter anew when a rule begins or ends. */
  #ringAtChange({ component }: Assembled): void {
    this.#clock.wind(component.rules, Date.now() + this.#options.skewMs(), () => {
      this.mend().catch((error: unknown) => this.#options.log.warn(messageOf(error)));
    });
  }

  #tunnel(config: Assembled, through: KeyChanges) {
    const { interfaceName, listenPort, bypass, exit } = this.#options;
    return tunnelOf(config, {
      interfaceName,
      listenPort,
      bypass: bypass(),
      exit,
      skewMs: this.#options.skewMs(),
      now: Date.now(),
      waiting: this.#waiting,
      through,
    });
  }

  /** Goes back to the last good config, without the peers that the failed config took away. */
  async #goBack(failed: Assembled): Promise<void> {
    if (this.#config === null) return;
    this.#config = withoutLost(this.#config, failed);
    try {
      await this.#converge();
    } catch (error) {
      this.#options.log.warn(`Could not go back to the last good config: ${messageOf(error)}`);
    }
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

  /**
   * Gives the prefixes to the new keys at once, before the rest of the system is looked at. Packets under a new key are
   * lost until then.
   */
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
    const candidates = this.candidates.of(this.#config);
    const [now, wall] = [performance.now(), Date.now()];
    const { changes, isWorthMore } = this.#endpoints.choose(device.peers, candidates, now, wall);
    await this.#options.machine.nudgePeers(changes);
    return isWorthMore;
  }
}

const NO_CHANGES: KeyChanges = new Map();
