import type { CryptoProvider } from "../../shared/crypto/types.ts";
import { acceptUpdate } from "../../shared/node/config/accept.ts";
import { LIMITS } from "../../shared/node/config/types.ts";
import { HEADERS, WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { messageOf } from "../failure.ts";
import { Health } from "../health/health.ts";
import { HubConnection } from "../hub/connection.ts";
import { consequenceOf } from "../hub/consequence.ts";
import { HubAway, type Way } from "../hub/http.ts";
import { PollPace } from "../hub/poll-pace.ts";
import { HubRefused } from "../hub/refusal.ts";
import { offerPendingKeys } from "../hub/rotation.ts";
import { parseConfigAnswer } from "../hub/schemas.ts";
import type { AuthenticAnswer } from "../hub/session.ts";
import { addRoots, hubOf, type RootChain } from "../hub/trust.ts";
import type { Log } from "../log.ts";
import { partsOf } from "../parts/index.ts";
import type { NodeView, Part } from "../parts/part.ts";
import { Parts } from "../parts/parts.ts";
import { PathBook } from "../paths/path-book.ts";
import { ownFacts, reopenConfigs, toStored } from "../state/config-store.ts";
import { finishRotation, type Keys, prepareRotation, privateKeyFor } from "../state/keys.ts";
import type { Membership, Settings, Store } from "../state/store.ts";
import { Vantage } from "../telemetry/vantage.ts";
import { tellMended } from "../tunnel/drift.ts";
import { TunnelKeeper } from "../tunnel/keeper.ts";
import type { Machine } from "../tunnel/machine.ts";
import { decide } from "./decide.ts";
import type { Effect, Happening } from "./happenings.ts";
import { type Moment, skewOf } from "./lease.ts";
import { apply, type Ending, type Life, newLife, type Poll, pollOf } from "./life.ts";
import { type Status, statusOf } from "./status.ts";

export interface NodeAgentOptions {
  readonly store: Store;
  readonly crypto: CryptoProvider;
  readonly machine: Machine;
  readonly way: Way;
  readonly log: Log;
  readonly membership: Membership;
  readonly settings: Settings;
  readonly keys: Keys;
  readonly roots: RootChain;
  /** The addresses of the hub. Traffic to them must not go into an exit node. */
  readonly hubAddresses: () => readonly string[];
  /** The parts that run beside the tunnel. */
  readonly parts?: (node: NodeView) => readonly Part[];
}

const TICK_MS = 10_000;
const MAX_CONFIG_BYTES = LIMITS.updateBytes + 256 * 1024;

/**
 * A node at work. It asks its hub, and does what `decide` says. It remembers only its `Life`, its keys, and the work in
 * progress.
 */
export class NodeAgent {
  readonly #options: NodeAgentOptions;
  readonly keeper: TunnelKeeper;
  readonly #connection: HubConnection;
  readonly #pace = new PollPace();
  readonly #health = new Health();
  readonly #paths = new PathBook();
  readonly #parts: Parts;
  #life: Life;
  #keys: Keys;
  readonly #vantage: Vantage;
  /** The removal that an ending from outside still has to do. */
  #parting: Promise<unknown> = Promise.resolve();

  constructor(options: NodeAgentOptions) {
    const { settings, store, log, crypto, way, membership, roots, hubAddresses } = options;
    this.#options = options;
    this.#keys = options.keys;
    this.#life = newLife(roots.at(-1) ?? roots[0]);
    const { interfaceName, listenPort, exitNode, exitFallback, exitFor } = settings;
    this.keeper = new TunnelKeeper({
      machine: options.machine,
      interfaceName,
      listenPort,
      bypass: hubAddresses,
      exitNode,
      exit:
        exitNode === null
          ? null
          : { isRequired: exitFallback === "none", servesForwarded: exitFor === "all" },
      skewMs: () => skewOf(this.#life.lease, Date.now()),
      log,
      privateKeys: (publicKey) => privateKeyFor(this.#keys, publicKey),
    });
    this.#connection = new HubConnection({
      store,
      crypto,
      send: way.send,
      node: membership.node,
      keys: () => this.#keys,
      hub: () => hubOf(membership.hub, this.#life.config.root),
    });
    this.#vantage = new Vantage(interfaceName);
    this.#parts = new Parts([this.#tunnelPart(), ...(options.parts ?? partsOf)(this.#view())], log);
    this.#health.register(() => store.conditions);
    this.#health.register(() => this.#parts.health());
  }

  /**
   * Runs until something ends the agent. First it puts the config on the disk in force. Then it polls the hub again and
   * again.
   */
  async run(): Promise<Ending> {
    this.keeper.watchSystem();
    this.#parts.start();
    await this.#open();
    try {
      while (this.#life.ending === null) await this.#ask();
    } finally {
      await this.#parts.stop();
      this.keeper.stop();
    }
    await this.#parting;
    return this.#life.ending ?? "signal";
  }

  /** Ends the agent. The tunnel stays up. */
  async stop(): Promise<void> {
    await this.#part("signal");
  }

  /** Ends the agent and takes the tunnel down. @throws Error that names what is left in the system. */
  async down(): Promise<void> {
    await this.#part("down");
  }

  /** Leaves the network. It tells the hub if it can reach the hub, and keeps nothing on this machine. */
  async logout(): Promise<{ readonly hubWasTold: boolean }> {
    const problem = await this.#connection.leave();
    if (problem !== null) this.#options.log.warn(`The hub could not be told: ${problem}`);
    await this.#part("logout");
    return { hubWasTold: problem === null };
  }

  /** Changes the WireGuard and KEM keys. It offers new keys to the hub, and the next config brings them into use. */
  async rotate(): Promise<void> {
    const { crypto, store, membership } = this.#options;
    this.#keys = await prepareRotation(store, crypto, this.#keys);
    await offerPendingKeys(crypto, this.#connection, membership, this.#keys);
    await this.#happen({ type: "hinted", directory: null });
  }

  status(): Promise<Status> {
    return statusOf({
      membership: this.#options.membership,
      settings: this.#options.settings,
      keeper: this.keeper,
      conditions: this.#health.conditions,
      life: this.#life,
      heardAt: this.#vantage.heardAt,
      mapped: this.#vantage.mapped,
      clockSkewMs: this.#connection.skewMs,
    });
  }

  async #open(): Promise<void> {
    const { store, crypto, membership, settings, roots, log } = this.#options;
    const fresh = await store.recall("fresh");
    this.#connection.skewMs = fresh?.skewMs ?? 0;
    const own = await ownFacts(crypto, membership, this.#keys, settings.exitNode);
    const { next, good, fault, floor } = await reopenConfigs(store, crypto, roots, own);
    if (fault) log.warn(`A stored config does not count any longer: ${fault}`);
    for (const { detail } of store.conditions) log.warn(detail);
    await this.#happen({ type: "opened", next, good, floor, fresh });
  }

  /** Does one poll, and the pause after it. */
  async #ask(): Promise<void> {
    const began = performance.now();
    const poll = pollOf(this.#life);
    let isMore = !poll.waits;
    let askedMs = 0;
    try {
      const answer = await this.#send(poll);
      isMore ||= answer.status !== 304;
      await this.#happen(await this.#judge(poll, answer));
    } catch (error) {
      // A hint came while the hub held the poll.
      if (this.#pace.takeWaking()) return;
      if (error instanceof HubAway || error instanceof HubRefused) askedMs = error.retryAfterMs;
      await this.#happen({ type: "failed", consequence: consequenceOf(error), reason: messageOf(error) });
    }
    if (this.#life.ending !== null) return;
    const elapsedMs = performance.now() - began;
    await this.#pace.rest(
      this.#life.standing === "running"
        ? this.#pace.afterAnswer(elapsedMs, isMore, this.#connection.pollSeconds)
        : this.#pace.afterFailure(askedMs),
    );
  }

  #send({ tag, waits, hinted }: Poll): Promise<AuthenticAnswer> {
    return this.#connection.call({
      method: "GET",
      target: "/agent/v1/config",
      applied: tag === null ? "" : `"${tag}"`,
      headers: {
        ...(waits ? { prefer: `wait=${WIRE_LIMITS.waitSeconds}` } : {}),
        ...(hinted === null ? {} : { [HEADERS.directory]: hinted }),
      },
      timeoutMs: (WIRE_LIMITS.waitSeconds + 15) * 1_000,
      maxBytes: MAX_CONFIG_BYTES,
      signal: this.#pace.signal,
    });
  }

  /** @throws HubAway when the answer is not the answer to a poll. */
  async #judge(poll: Poll, { status, body, hubTime }: AuthenticAnswer): Promise<Happening> {
    const { crypto, membership, settings } = this.#options;
    const { skewMs } = this.#connection;
    if (status === 304) return { type: "unchanged", poll, hubTime, skewMs };
    const { update } = parseConfigAnswer(body, MAX_CONFIG_BYTES);
    const own = await ownFacts(crypto, membership, this.#keys, settings.exitNode);
    const accepted = await acceptUpdate(crypto, this.#life.config, update, { ...own, now: hubTime });
    if (accepted.ok)
      return { type: "accepted", poll, accepted: accepted.value, roots: update.roots ?? [], hubTime, skewMs };
    const { code, where, detail } = accepted.error;
    return { type: "refused", poll, reason: `${code} ${where}: ${detail}` };
  }

  /** Tries each effect, whether or not another effect failed. @returns The errors of the failed effects. */
  async #happen(happening: Happening): Promise<readonly unknown[]> {
    const { events, effects } = decide(this.#life, happening, thisMoment());
    this.#life = events.reduce(apply, this.#life);
    const failures: unknown[] = [];
    for (const effect of effects) {
      try {
        await this.#perform(effect);
      } catch (error) {
        this.#options.log.warn(messageOf(error));
        failures.push(error);
      }
    }
    return failures;
  }

  async #perform(effect: Effect): Promise<unknown> {
    const { store, crypto, settings, membership, log, way } = this.#options;
    switch (effect.type) {
      case "enforce":
        return this.#enforce(effect);
      case "isolate":
        return this.keeper.isolate();
      case "mend":
        return tellMended(log, await this.keeper.mend());
      case "search":
        return this.#happen({ type: "searched", isWorthMore: await this.keeper.tryEndpoints() });
      case "seek":
        return this.keeper.moved();
      case "remove":
        return this.keeper.remove(effect.keepsExit);
      case "hold_exit":
        return this.keeper.holdExit();
      case "drop_peers":
        return this.keeper.dropPeers();
      case "keep_config":
        return store.keep(effect.file, toStored(effect.config, settings.exitNode));
      case "keep_lease": {
        const { at, skewMs } = this.#life.lease;
        return store.keep("fresh", { at, skewMs });
      }
      case "keep_roots":
        return addRoots(store, effect.envelopes);
      case "keep_end":
        return store.keep("membership", { ...membership, ended: effect.reason });
      case "forget":
        return store.remove(...effect.files);
      case "settle_keys":
        if (this.#keys.pending?.wireguard === effect.config.record.wireguard)
          this.#keys = await finishRotation(store, crypto, this.#keys);
        return;
      case "tell":
        return this.#tell(effect.what);
      case "wake":
        return this.#pace.wake();
      case "start_anew":
        way.reset();
        return this.#pace.startAnew();
      case "log":
        return log[effect.level](effect.message);
    }
  }

  /** If the agent was ended meanwhile, the config must not bring the tunnel back. */
  async #enforce({ config, isApart, occasion }: Extract<Effect, { type: "enforce" }>): Promise<void> {
    if (this.#life.ending !== null) return;
    try {
      await this.keeper.apply(config, this.#connection.pollSeconds * 1_000, isApart);
    } catch (error) {
      await this.#happen({ type: "unenforced", occasion, reason: messageOf(error) });
      return;
    }
    await this.#happen({ type: "enforced", config, isApart, occasion });
  }

  #tell(what: Extract<Effect, { type: "tell" }>["what"]): void {
    if (what === "config") this.#parts.onConfig(this.#inForce());
    else if (what === "touch") this.#parts.onTouch();
    else this.#parts.onMove();
  }

  /** Ends the agent. `run` waits for this work before it returns. @throws Error The first failure. */
  async #part(ending: Exclude<Ending, "revoked">): Promise<void> {
    const parting = this.#happen({ type: "ended", ending });
    this.#parting = parting;
    const [failure] = await parting;
    if (failure !== undefined) throw failure;
  }

  #inForce() {
    return { applied: this.#life.config.applied, applyError: this.#life.applyError };
  }

  /** Presents the keeper as a part: its repeated work, and what it finds. */
  #tunnelPart(): Part {
    return {
      name: "tunnel",
      start: (again) => again(TICK_MS, () => this.#happen({ type: "ticked" })),
      health: () => this.keeper.conditions,
    };
  }

  #view(): NodeView {
    const { settings, membership, way, log, hubAddresses } = this.#options;
    return {
      id: membership.node,
      settings,
      hub: membership.hub,
      connection: this.#connection,
      way,
      tunnel: this.keeper,
      paths: this.#paths,
      log,
      hubAddresses,
      keys: () => this.#keys,
      standing: () => this.#life.standing,
      inForce: () => this.#inForce(),
      hubTime: () => Date.now() + skewOf(this.#life.lease, Date.now()),
      leasedUntil: () =>
        this.#life.lease.at + (this.#life.config.applied?.manifest.leaseSeconds ?? 0) * 1_000,
      overlay: () => this.#life.config.root.overlay,
      conditions: () => this.#health.conditions,
      hint: (directory) => void this.#happen({ type: "hinted", directory }),
      vantage: this.#vantage,
      moved: () => void this.#happen({ type: "moved" }),
    };
  }
}

const thisMoment = (): Moment => ({ wall: Date.now(), steady: performance.now() });
