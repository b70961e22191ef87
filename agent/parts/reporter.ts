import { isDeepStrictEqual, promisify } from "node:util";
import { gzip } from "node:zlib";
import type { DeviceCheck } from "../../shared/node/config/device-check.ts";
import { knownReport } from "../../shared/node/protocol/known-report.ts";
import { signStatement } from "../../shared/node/protocol/statement.ts";
import type {
  Condition,
  FlowReport,
  HitReport,
  PeerReport,
  TelemetryReport,
} from "../../shared/node/protocol/types.ts";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { DeviceChecks } from "../device/checks.ts";
import { condition, printableAscii } from "../health/condition.ts";
import { parseAnswer, telemetryAnswer } from "../hub/schemas.ts";
import type { OpenSession } from "../hub/session.ts";
import { collectFacts } from "../telemetry/facts.ts";
import { FlowLog } from "../telemetry/flow-log.ts";
import { HitLog } from "../telemetry/hit-log.ts";
import { ownEndpoints } from "../telemetry/own-endpoints.ts";
import { peerReports } from "../telemetry/report.ts";
import type { Again, InForce, NodeView, Part } from "./part.ts";

const gzipped = promisify(gzip);
/** Each look at the paths starts a tool of the system. These looks are most of the cost of an idle agent. */
const LOOK_MS = 10_000;
/** News of a path is reported at once, but no more often than this. */
const PATH_NEWS_MS = 1_000;
const PATH_NEWS_APART_MS = 3_000;
const FACTS_EVERY_MS = 60 * 60_000;
/** With each regular report: sessions may rest on what a device says of itself, and policies on how old that is. */
const DEVICE_FACTS_EVERY_MS = 45_000;
const WORTH_PACKING = 1_024;
const MAX_ANSWER_BYTES = 64 * 1024;
/** A filter that stays another one after it was loaded anew is not mended by loading it again. */
const RELOADS_APART_MS = 10 * 60_000;
/** The longest reason why a config is not in force, in characters. */
const MAX_ERROR = 500;
/** How often the agent tries after a move. A network that has just come up often needs some seconds. */
const INSISTENT_TRIES = 20;
const INSISTENT_PAUSE_MS = 1_000;

const livePaths = (peers: readonly PeerReport[]): string =>
  peers.flatMap(({ node, path }) => (path === "none" ? [] : [`${node} ${path}`])).join(", ");

/**
 * Reports to the hub what is in force, the state of the paths, and facts about this machine. It leaves out members that
 * have not changed.
 */
export class Reporter implements Part {
  readonly name = "reporter";
  readonly #node: NodeView;
  #sequence = 0;
  #session: OpenSession | null = null;
  #said = "";
  #factsAt = 0;
  readonly #checks = new DeviceChecks();
  /** The checks that the last facts answered. */
  #checked: readonly DeviceCheck[] = [];
  #lastAt = 0;
  /** The peers that had a live path in the last report. */
  #paths = "";
  #again: Again | null = null;
  /** Stops the repeated tries to report news. */
  #endInsisting: (() => void) | null = null;
  #leftOut: readonly Condition[] = [];
  #unknownFacts: readonly Condition[] = [];
  /** Whether the hub wants to hear of flows. Null before it has answered a report. */
  #wantsFlows: boolean | null = null;
  readonly #flowLog = new FlowLog();
  readonly #hitLog = new HitLog();
  #unknownFlows: readonly Condition[] = [];
  #reloadedAt = Number.NEGATIVE_INFINITY;

  constructor(node: NodeView) {
    this.#node = node;
  }

  start(again: Again): void {
    this.#again = again;
    again(LOOK_MS, () => this.#reportIfDue());
    again(PATH_NEWS_MS, () => this.#reportPathNews());
  }

  /**
   * A config that is back in force before the first poll is not reported yet. It is reported after the hub has
   * answered.
   */
  async onConfig(inForce: InForce): Promise<void> {
    if (this.#node.standing() !== "starting") await this.#report(inForce);
  }

  async onTouch(): Promise<void> {
    if (this.#lastAt === 0) await this.#reportIfDue();
  }

  /** Tries to report news until the hub has it. */
  onMove(): void {
    this.#node.vantage.forget();
    this.#endInsisting?.();
    let tries = 0;
    this.#endInsisting =
      this.#again?.(INSISTENT_PAUSE_MS, () => this.#insist(++tries === INSISTENT_TRIES)) ?? null;
  }

  health(): readonly Condition[] {
    return [...this.#leftOut, ...this.#unknownFacts, ...this.#unknownFlows];
  }

  /**
   * Reports when the time has come or when there is news: a path came or went, an endpoint changed, or something fails.
   */
  async #reportIfDue(): Promise<void> {
    const { connection, standing, inForce } = this.#node;
    if (standing() !== "running") return;
    const isTime =
      this.#lastAt === 0 || performance.now() - this.#lastAt >= connection.telemetrySeconds * 1_000;
    if (isTime || (await this.#hasNews())) await this.#report(inForce());
  }

  /** What this node sees of a failure is worth most while it is new. */
  async #reportPathNews(): Promise<void> {
    const now = performance.now();
    if (this.#lastAt === 0 || now - this.#lastAt < PATH_NEWS_APART_MS || !this.#node.paths.hasNews(now))
      return;
    if (this.#node.standing() === "running") await this.#report(this.#node.inForce());
  }

  async #insist(isLast: boolean): Promise<void> {
    if (isLast) this.#endInsisting?.();
    if (await this.#hasNews()) await this.#report(this.#node.inForce());
    // The answer to this report may name an address that the hub sees, and that is news, too.
    if (!(await this.#hasNews())) this.#endInsisting?.();
  }

  async #hasNews(): Promise<boolean> {
    const { drifts } = this.#node.tunnel;
    if (drifts.untold.length > 0 && !drifts.isFight(performance.now())) return true;
    const peers = await this.#peers();
    return livePaths(peers) !== this.#paths || JSON.stringify(await this.#standing(peers)) !== this.#said;
  }

  async #peers(): Promise<PeerReport[]> {
    const { tunnel } = this.#node;
    return peerReports(tunnel.config, await tunnel.device(), Date.now());
  }

  /** The part of the report that the hub keeps until a later report changes it. */
  async #standing(peers: readonly PeerReport[]) {
    const { settings, conditions, hubAddresses, vantage } = this.#node;
    const heard = peers.filter(({ path }) => path === "direct").flatMap(({ endpoint }) => endpoint ?? []);
    return {
      endpoints: await ownEndpoints({
        interfaceName: settings.interfaceName,
        port: settings.listenPort,
        hub: hubAddresses(),
        peers: heard.sort(),
        ...{ seenByHub: vantage.seenByHub, heardAt: vantage.heardAt, mapped: vantage.mapped },
      }),
      routes: settings.advertise,
      exitNode: settings.exitNode,
      conditions: conditions().slice(0, WIRE_LIMITS.conditions),
    };
  }

  /** @throws HubAway or HubRefused. */
  async #report({ applied, applyError }: InForce): Promise<void> {
    const { connection } = this.#node;
    const skewMs = Math.round(connection.skewMs);
    const session = await connection.session();
    if (session !== this.#session) {
      // The hub may have lost the reports of an earlier session.
      this.#session = session;
      this.#said = "";
      this.#factsAt = 0;
    }
    const peers = await this.#peers();
    const standing = await this.#standing(peers);
    const said = JSON.stringify(standing);
    const factsEveryMs = this.#node.settings.proveDevice ? DEVICE_FACTS_EVERY_MS : FACTS_EVERY_MS;
    const checks = this.#node.settings.proveDevice ? (applied?.manifest.checks ?? []) : [];
    const withFacts =
      this.#factsAt === 0 ||
      performance.now() - this.#factsAt > factsEveryMs ||
      !isDeepStrictEqual(checks, this.#checked);
    const facts = withFacts ? await this.#facts(checks) : null;
    const flows = this.#wantsFlows ? await this.#flows() : [];
    const hits = this.#wantsFlows ? await this.#hits() : null;
    const { tunnel } = this.#node;
    const untold = this.#node.paths.untold(performance.now(), connection.hubNow());
    const drifts = tunnel.drifts.untold;
    const report: TelemetryReport = {
      at: Math.round(connection.hubNow()),
      sequence: this.#sequence++,
      applied: applied && { serial: applied.serial, manifest: applied.manifestHash },
      applyError: applyError === null ? null : printableAscii(applyError).slice(0, MAX_ERROR),
      ...(said === this.#said ? {} : standing),
      ...(facts ? { facts } : {}),
      peers: peers.slice(0, WIRE_LIMITS.peersPerReport),
      ...(flows.length > 0 ? { flows } : {}),
      ...(hits ? { hits } : {}),
      // After a config that failed, the filter is that of no config.
      ...(applied && applyError === null ? { ruleset: tunnel.ruleset.report } : {}),
      ...(drifts.length > 0 ? { drifts: drifts.map(({ at, steps }) => ({ at: at + skewMs, steps })) } : {}),
      ...(untold.paths.length > 0 ? { paths: untold.paths } : {}),
      ...(untold.moves.length > 0 ? { moves: untold.moves } : {}),
      clockSkewMs: skewMs,
    };
    const answer = await this.#send(knownReport(report, session.capability));
    const { leftOut, address } = answer;
    // Only a report that contained the members tells which of them the hub left out. When they have not changed, the
    // earlier result stays valid.
    if (said !== this.#said) this.#leftOut = leftOutCondition(leftOut);
    this.#learn(address ?? null);
    this.#node.vantage.heardAt = answer.heardAt;
    this.#flowLog.told(flows);
    this.#hitLog.told(hits ?? []);
    tunnel.drifts.told(drifts);
    this.#node.paths.told(untold);
    await this.#heed(answer.flows);
    this.#said = said;
    this.#paths = livePaths(peers);
    if (facts) {
      this.#factsAt = performance.now();
      this.#checked = checks;
    }
    this.#lastAt = performance.now();
    if (answer.differs) await this.#reload();
  }

  /** Loads the filter anew that the hub says is not the one that it compiled, and not at each of its reports. */
  async #reload(): Promise<void> {
    const now = performance.now();
    if (now - this.#reloadedAt < RELOADS_APART_MS) return;
    this.#reloadedAt = now;
    this.#node.log.warn("The hub compiled another ruleset than the one in force: loading it anew");
    await this.#node.tunnel.reload();
  }

  /** What rules decided that the hub does not know yet. Null when it can't be read. */
  async #hits(): Promise<HitReport[] | null> {
    const { tunnel } = this.#node;
    if (tunnel.config === null) return null;
    try {
      this.#hitLog.note(await tunnel.machine.readHits());
      return this.#hitLog.news(WIRE_LIMITS.hitsPerReport);
    } catch (error) {
      this.#unknownFlows = [condition("flows_unknown", error)];
      return null;
    }
  }

  /** The flows that the hub does not know yet. Empty when they can't be read: the rest of the report does not wait. */
  async #flows(): Promise<FlowReport[]> {
    const { tunnel, overlay, connection } = this.#node;
    if (tunnel.config === null) return [];
    try {
      const ranges = overlay();
      this.#flowLog.note(await tunnel.machine.readFlows(ranges), tunnel.config, ranges, connection.hubNow());
      this.#unknownFlows = [];
    } catch (error) {
      this.#unknownFlows = [condition("flows_unknown", error)];
    }
    return this.#flowLog.news(WIRE_LIMITS.flowsPerReport);
  }

  /** Begins or ends the notes of flows, as the hub's last answer asks. */
  async #heed(wantsFlows: boolean): Promise<void> {
    const before = this.#wantsFlows;
    this.#wantsFlows = wantsFlows;
    if (wantsFlows === before) return;
    if (wantsFlows) await Promise.all([this.#flows(), this.#hits()]);
    else {
      this.#flowLog.forget();
      this.#hitLog.forget();
      this.#unknownFlows = [];
      await this.#node.tunnel.machine.dropFlows();
    }
  }

  /** Null when the facts can't be collected. The rest of the report does not wait for them. */
  async #facts(checks: readonly DeviceCheck[]) {
    const { hub, keys } = this.#node;
    try {
      const measuredAt = Math.round(this.#node.connection.hubNow());
      const [found, answers] = await Promise.all([collectFacts(), this.#checks.look(checks)]);
      const facts = { ...found, measuredAt, ...(checks.length > 0 ? { checks: answers } : {}) };
      this.#unknownFacts = [];
      return await signStatement("facts", hub, facts, keys().signing);
    } catch (error) {
      this.#unknownFacts = [condition("facts_unknown", error)];
      return null;
    }
  }

  /** Learns the address that the hub sees. Behind a proxy, that address is the proxy's and not this node's. */
  #learn(address: string | null): void {
    if (address === null || this.#node.way.proxy !== null) return;
    this.#node.vantage.see(address);
  }

  async #send(report: TelemetryReport) {
    const text = new TextEncoder().encode(JSON.stringify(report));
    const isPacked = text.length > WORTH_PACKING;
    const { body } = await this.#node.connection.call({
      method: "POST",
      target: "/agent/v1/telemetry",
      body: isPacked ? Uint8Array.from(await gzipped(text)) : text,
      headers: {
        "content-type": "application/json",
        ...(isPacked ? { "content-encoding": "gzip" } : {}),
      },
    });
    return parseAnswer(telemetryAnswer, body, MAX_ANSWER_BYTES);
  }
}

/** A report that the hub shortened is not a failure of the machine, but a person who looks must be able to find it. */
export function leftOutCondition(leftOut: readonly string[]): Condition[] {
  if (leftOut.length === 0) return [];
  const found = `The hub left out ${leftOut.length} of what this node reports: ${leftOut.join("; ")}`;
  return [condition("report_left_out", found)];
}
