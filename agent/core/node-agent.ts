import type { CryptoProvider } from "../../shared/crypto/types.ts";
import { type AppliedConfig, acceptUpdate, type ConfigState } from "../../shared/node/config/accept.ts";
import { compareSerials, formatTag } from "../../shared/node/config/serial.ts";
import { LIMITS, type Serial } from "../../shared/node/config/types.ts";
import { HEADERS, WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { messageOf } from "../failure.ts";
import { HubConnection } from "../hub/connection.ts";
import { consequenceOf, type Standing } from "../hub/consequence.ts";
import { HubAway, type Way } from "../hub/http.ts";
import { PollPace } from "../hub/poll-pace.ts";
import { ConfigRefused, HubRefused } from "../hub/refusal.ts";
import { offerPendingKeys } from "../hub/rotation.ts";
import { parseConfigAnswer } from "../hub/schemas.ts";
import type { AuthenticAnswer } from "../hub/session.ts";
import { addRoots, hubOf, type RootChain } from "../hub/trust.ts";
import type { Log } from "../log.ts";
import { Lookout } from "../parts/lookout.ts";
import { Push } from "../parts/push.ts";
import { Reporter } from "../parts/reporter.ts";
import { ownFacts, reopenConfigs, toStored } from "../state/config-store.ts";
import { finishRotation, type Keys, prepareRotation, privateKeyFor } from "../state/keys.ts";
import { MEMBERSHIP_FILES, type Membership, type Settings, type Store } from "../state/store.ts";
import { otherFirewalls } from "../system/firewalls.ts";
import { dropPeers } from "../system/wg.ts";
import { surroundings } from "../telemetry/own-endpoints.ts";
import { TunnelKeeper, tellMended } from "../tunnel/keeper.ts";
import { Health } from "./health.ts";
import { Lease } from "./lease.ts";
import { type Status, statusOf } from "./status.ts";

export interface NodeAgentParts {
  readonly store: Store;
  readonly crypto: CryptoProvider;
  readonly way: Way;
  readonly log: Log;
  readonly membership: Membership;
  readonly settings: Settings;
  readonly keys: Keys;
  readonly roots: RootChain;
  /** Addresses of the hub, which an exit node must not swallow. */
  readonly bypass: () => readonly string[];
}

/** Why the agent stopped: a signal leaves the tunnel up, the others have taken it down. */
export type Ending = "signal" | "down" | "logout" | "revoked";

/** Each look at the system starts a tool of it, which is most of what an idle agent costs. */
const TICK_MS = 10_000;
const MEND_EVERY_MS = 60_000;
const MAX_CONFIG_BYTES = LIMITS.updateBytes + 256 * 1024;

/** The life of a node: what is on disk comes into force first, then the hub is asked for ever. */
export class NodeAgent {
  readonly #parts: NodeAgentParts;
  readonly keeper: TunnelKeeper;
  readonly connection: HubConnection;
  readonly #push: Push;
  readonly #reporter: Reporter;
  readonly #lookout: Lookout;
  readonly #health: Health;
  #keys: Keys;
  #state: ConfigState;
  #floor: Serial | null = null;
  #lease: Lease | null = null;
  #standing: Standing = "starting";
  #detail: string | null = null;
  #applyError: string | null = null;
  /** The next poll leaves out what is applied, and so brings everything. */
  #needsAll = false;
  #ending: Ending | null = null;
  /** What an ending from outside still has to take away. */
  #parting: Promise<void> = Promise.resolve();
  readonly #pace = new PollPace();
  /** What the next poll tells the hub to know at least. */
  #hinted: string | null = null;
  #mendedAt = 0;
  #searches = true;

  constructor(parts: NodeAgentParts) {
    this.#parts = parts;
    this.#keys = parts.keys;
    this.#state = { root: parts.roots.at(-1) ?? parts.roots[0], applied: null };
    const { settings, store, log, crypto, way, membership } = parts;
    this.#health = new Health(store);
    const { interfaceName, hostsFile, listenPort, exitNode, exitFallback, exitFor } = settings;
    this.keeper = new TunnelKeeper({
      place: { interfaceName, hostsFile, stateDirectory: store.directory },
      listenPort,
      bypass: parts.bypass,
      exitNode,
      exit:
        exitNode === null
          ? null
          : { isRequired: exitFallback === "none", servesForwarded: exitFor === "all" },
      log,
      health: this.#health,
      privateKeys: (publicKey) => privateKeyFor(this.#keys, publicKey),
    });
    this.connection = new HubConnection({
      store,
      crypto,
      send: way.send,
      node: membership.node,
      keys: () => this.#keys,
      hub: () => hubOf(membership.hub, this.#state.root),
    });
    const onHint = (directory: string | null) => this.hint(directory);
    this.#push = new Push(this.connection, membership.hub, way.socketOptions, onHint);
    this.#reporter = new Reporter({
      connection: this.connection,
      keeper: this.keeper,
      health: this.#health,
      settings,
      keys: () => this.#keys,
      origin: membership.hub,
      hubAddresses: parts.bypass,
      isProxied: way.proxy !== null,
    });
    this.#lookout = new Lookout(
      () => surroundings(interfaceName, parts.bypass()),
      () => this.#moved(),
      log,
    );
  }

  /** Runs until something ends it. */
  async run(): Promise<Ending> {
    this.keeper.watchSystem();
    await this.#comeBack();
    const ticker = setInterval(() => void this.#tick(), TICK_MS);
    this.#lookout.start();
    try {
      await this.#follow();
    } finally {
      clearInterval(ticker);
      this.#lookout.stop();
      this.keeper.stop();
      this.#push.close();
    }
    await this.#parting;
    if (this.#lease && this.#lease.freshAt > 0 && this.#ending !== "logout") await this.#lease.save();
    return this.#ending ?? "signal";
  }

  /** Ends the agent and leaves the tunnel to carry on. */
  stop(): void {
    this.#end("signal");
  }

  down(): Promise<void> {
    return this.#part("down", () => this.keeper.remove());
  }

  /** Leaves the network: the hub is told if it can be, and nothing stays on this machine. */
  async logout(): Promise<{ readonly hubWasTold: boolean }> {
    const problem = await this.connection.leave();
    if (problem !== null) this.#parts.log.warn(`The hub could not be told: ${problem}`);
    await this.#part("logout", async () => {
      await this.keeper.remove();
      await this.#parts.store.remove(...MEMBERSHIP_FILES);
    });
    return { hubWasTold: problem === null };
  }

  /** Changes the WireGuard and KEM keys: the hub is offered new ones, and the next config brings them into use. */
  async rotate(): Promise<void> {
    const { crypto, store, membership } = this.#parts;
    this.#keys = await prepareRotation(store, crypto, this.#keys);
    await offerPendingKeys(crypto, this.connection, membership, this.#keys);
    this.hint();
  }

  /**
   * Somebody says that a poll is worth it.
   * @param directory Which version of the segment's directory has what changed, where that was said.
   */
  hint(directory: string | null = null): void {
    this.#hinted = directory;
    this.#pace.wake();
  }

  status(): Promise<Status> {
    const { membership, settings } = this.#parts;
    return statusOf({
      membership,
      settings,
      keeper: this.keeper,
      health: this.#health,
      lease: this.#lease,
      applied: this.#state.applied,
      standing: this.#standing,
      detail: this.#detail,
      applyError: this.#applyError,
      clockSkewMs: this.connection.skewMs,
    });
  }

  /** Brings back what was in force when the agent ended, before the hub is asked. */
  async #comeBack(): Promise<void> {
    const { store, crypto, membership, settings, roots, log } = this.#parts;
    this.#lease = await Lease.open(store);
    this.connection.skewMs = this.#lease.skewMs;
    const own = await ownFacts(crypto, membership, this.#keys, settings.exitNode);
    const { next, good, fault, floor } = await reopenConfigs(store, crypto, roots, own);
    this.#floor = floor;
    if (fault) log.warn(`A stored config does not count any longer: ${fault}`);
    for (const { detail } of store.conditions) log.warn(detail);
    if (!next && !good) await this.keeper.holdExit();
    // Nothing proves that those may stay whom an earlier run left there.
    if (!next && !good)
      await dropPeers(settings.interfaceName).catch((error: unknown) => log.warn(messageOf(error)));
    for (const config of [next, good]) {
      if (!config) continue;
      try {
        await this.#enforce(config, this.#lease.hasEnded(config.manifest.leaseSeconds));
        return;
      } catch (error) {
        this.#applyError = messageOf(error);
        log.warn(this.#applyError);
      }
    }
  }

  /** What was under way goes nowhere now: all begins anew, and whom it concerns is told. */
  async #moved(): Promise<void> {
    this.#parts.way.reset();
    this.#push.reset();
    this.#pace.startAnew();
    await this.keeper.moved();
    await this.#reporter.insist(() =>
      this.#ending === null ? [this.#state.applied, this.#applyError] : null,
    );
  }

  async #follow(): Promise<void> {
    while (this.#ending === null) {
      const began = performance.now();
      let pause: number;
      try {
        const again = await this.#poll();
        if (this.#ending !== null) return;
        pause = this.#pace.afterAnswer(performance.now() - began, again, this.connection.pollSeconds);
      } catch (error) {
        if (this.#ending !== null) return;
        // A hint came while the hub held the last poll.
        if (this.#pace.takeWaking()) continue;
        const asked = error instanceof HubAway || error instanceof HubRefused ? error.retryAfterMs : 0;
        await this.#judge(error);
        pause = this.#pace.afterFailure(asked);
      }
      if (this.#ending === null) await this.#pace.rest(pause);
    }
  }

  /** @returns Whether to ask again at once. */
  async #poll(): Promise<boolean> {
    // Who has just come, or come back, wants to know without waiting how it stands.
    const waits = this.#standing === "running";
    const { applied } = this.#state;
    const tag =
      applied && !this.#needsAll
        ? `"${formatTag({ serial: applied.serial, manifest: applied.manifestHash })}"`
        : "";
    const hinted = this.#hinted;
    const answer = await this.connection.call({
      method: "GET",
      target: "/agent/v1/config",
      applied: tag,
      headers: {
        ...(waits ? { prefer: `wait=${WIRE_LIMITS.waitSeconds}` } : {}),
        ...(hinted === null ? {} : { [HEADERS.directory]: hinted }),
      },
      timeoutMs: (WIRE_LIMITS.waitSeconds + 15) * 1_000,
      maxBytes: MAX_CONFIG_BYTES,
      signal: this.#pace.signal,
    });
    if (this.#hinted === hinted) this.#hinted = null;
    if (answer.status !== 304) await this.#take(answer);
    else if (tag === "") throw new HubAway("The hub says that nothing changed, but nothing is applied here");
    else await this.#lease?.renew(answer.hubTime, this.connection.skewMs);
    if (this.#standing !== "running") this.#parts.log.info("In touch with the hub");
    this.#standing = "running";
    this.#detail = null;
    void this.#push.keep().catch(() => undefined);
    await this.#bringBackPeers();
    return answer.status !== 304 || !waits;
  }

  /** Freshness brings back the peers that were taken away without it. */
  async #bringBackPeers(): Promise<void> {
    if (this.keeper.isApart && this.#state.applied) {
      await this.keeper.apply(this.#state.applied, this.#graceMs());
      this.#parts.log.info("The peers are back");
    }
  }

  async #take(answer: AuthenticAnswer): Promise<void> {
    const { crypto, store, membership, settings, log } = this.#parts;
    const { update } = parseConfigAnswer(answer.body, MAX_CONFIG_BYTES);
    const own = await ownFacts(crypto, membership, this.#keys, settings.exitNode);
    const accepted = await acceptUpdate(crypto, this.#state, update, { ...own, now: answer.hubTime });
    if (!accepted.ok) {
      this.#needsAll = !this.#needsAll;
      const { code, where, detail } = accepted.error;
      throw new ConfigRefused(`${code} ${where}: ${detail}`);
    }
    this.#needsAll = false;
    const { root, applied, change } = accepted.value;
    if (applied && this.#floor && compareSerials(applied.serial, this.#floor) < 0)
      throw new ConfigRefused("SERIAL_OLD leaf: A newer configuration was applied before.");
    if (root !== this.#state.root) {
      await addRoots(store, update.roots ?? []);
      this.#state = { ...this.#state, root };
    }
    // Only what was accepted counts as fresh; and before it is applied, or its lease could look ended.
    await this.#lease?.renew(answer.hubTime, this.connection.skewMs);
    if (change === "renewed" && applied) {
      await store.keep("config", toStored(applied, settings.exitNode));
      this.#state = { root, applied };
    } else if (change === "config" && applied) {
      try {
        await store.keep("next", toStored(applied, settings.exitNode));
        await this.#enforce(applied, false);
      } catch (error) {
        this.#applyError = messageOf(error);
        await store.remove("next");
        await this.#reporter.report(this.#state.applied, this.#applyError);
        throw error;
      }
      log.info(`Applied ${formatTag({ serial: applied.serial, manifest: applied.manifestHash })}`);
      await this.#reporter.report(applied, null);
    }
  }

  /** Puts an accepted config in force and makes it the last good one. */
  async #enforce(config: AppliedConfig, isApart: boolean): Promise<void> {
    const { store, crypto, settings } = this.#parts;
    await this.keeper.apply(config, this.#graceMs(), isApart);
    await store.keep("config", toStored(config, settings.exitNode));
    await store.remove("next");
    if (this.#keys.pending?.wireguard === config.record.wireguard)
      this.#keys = await finishRotation(store, crypto, this.#keys);
    this.#state = { ...this.#state, applied: config };
    this.#applyError = null;
    this.#searches = true;
  }

  #graceMs(): number {
    return this.connection.pollSeconds * 1_000;
  }

  async #judge(error: unknown): Promise<void> {
    const { log, store, membership } = this.#parts;
    const message = messageOf(error);
    if (message !== this.#detail) log.warn(message);
    this.#detail = message;
    const { standing, tunnel } = consequenceOf(error);
    this.#standing = standing;
    if (tunnel === "isolate") await this.keeper.isolate();
    if (tunnel !== "remove") return;
    this.#end("revoked");
    // That the tunnel is gone is no leave to go around the exit node.
    await this.keeper.remove(true);
    // On a disk that takes no note of it, nothing is left that could come into force again.
    await store.remove("config", "next");
    await store.keep("membership", { ...membership, ended: message });
  }

  async #tick(): Promise<void> {
    try {
      const { applied } = this.#state;
      if (this.#ending !== null || !applied || !this.#lease) return;
      if (!this.keeper.isApart && this.#lease.hasEnded(applied.manifest.leaseSeconds)) {
        this.#parts.log.warn("The lease has ended without a word of the hub: the peers are taken away");
        await this.keeper.isolate();
      }
      if (performance.now() - this.#mendedAt >= MEND_EVERY_MS) {
        this.#mendedAt = performance.now();
        const steps = await this.keeper.mend();
        tellMended(this.#parts.log, steps);
        const { interfaceName, listenPort } = this.#parts.settings;
        const forwards = applied.manifest.forwards.length > 0;
        this.#health.set("firewalls", await otherFirewalls({ interfaceName, listenPort, forwards }));
        this.#searches = true;
      }
      if (this.#searches) this.#searches = await this.keeper.tryEndpoints();
      if (this.#standing === "running") await this.#reporter.reportIfDue(applied, this.#applyError);
    } catch (error) {
      this.#parts.log.warn(messageOf(error));
    }
  }

  /** `run` returns when the work is done, too. */
  #part(ending: Ending, work: () => Promise<void>): Promise<void> {
    this.#end(ending);
    this.#parting = work();
    return this.#parting;
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#pace.wake();
  }
}
