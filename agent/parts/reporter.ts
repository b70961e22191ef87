import { isIP } from "node:net";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { knownReport } from "../../shared/node/protocol/known-report.ts";
import { signStatement } from "../../shared/node/protocol/statement.ts";
import type { Condition, PeerReport, TelemetryReport } from "../../shared/node/protocol/types.ts";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { condition, printableAscii } from "../health/condition.ts";
import { parseAnswer, telemetryAnswer } from "../hub/schemas.ts";
import type { OpenSession } from "../hub/session.ts";
import { collectFacts } from "../telemetry/facts.ts";
import { ownEndpoints } from "../telemetry/own-endpoints.ts";
import { peerReports } from "../telemetry/report.ts";
import type { Again, InForce, NodeView, Part } from "./part.ts";

const gzipped = promisify(gzip);
/** Each look at the paths starts a tool of the system, which is most of what an idle agent costs. */
const LOOK_MS = 10_000;
const FACTS_EVERY_MS = 60 * 60_000;
const WORTH_PACKING = 1_024;
const MAX_ANSWER_BYTES = 64 * 1024;
/** Characters of the reason why a config is not in force. */
const MAX_ERROR = 500;
/** After a move: a network that has just come up often needs some seconds. */
const INSISTENT_TRIES = 20;
const INSISTENT_PAUSE_MS = 1_000;

const livePaths = (peers: readonly PeerReport[]): string =>
  peers.flatMap(({ node, path }) => (path === "direct" ? [node] : [])).join(" ");

/** Tells the hub what is in force, how the paths are, and what this machine is. Unchanged members are left out. */
export class Reporter implements Part {
  readonly name = "reporter";
  readonly #node: NodeView;
  #sequence = 0;
  #session: OpenSession | null = null;
  #said = "";
  #factsAt = 0;
  #lastAt = 0;
  /** Which peers had a live path in the last report. */
  #paths = "";
  #seenByHub: readonly string[] = [];
  #again: Again | null = null;
  /** Ends the tries to report news at once. */
  #endInsisting: (() => void) | null = null;
  #leftOut: readonly Condition[] = [];
  #unknownFacts: readonly Condition[] = [];

  constructor(node: NodeView) {
    this.#node = node;
  }

  start(again: Again): void {
    this.#again = again;
    again(LOOK_MS, () => this.#reportIfDue());
  }

  /** What is back in force before the hub was asked is reported when it has answered. */
  async onConfig(inForce: InForce): Promise<void> {
    if (this.#node.standing() !== "starting") await this.#report(inForce);
  }

  async onTouch(): Promise<void> {
    if (this.#lastAt === 0) await this.#reportIfDue();
  }

  /** Reports news until the hub has them. */
  onMove(): void {
    this.#seenByHub = [];
    this.#endInsisting?.();
    let tries = 0;
    this.#endInsisting =
      this.#again?.(INSISTENT_PAUSE_MS, () => this.#insist(++tries === INSISTENT_TRIES)) ?? null;
  }

  health(): readonly Condition[] {
    return [...this.#leftOut, ...this.#unknownFacts];
  }

  /** Reports when it is time, or when there is news: a path that came or went, another endpoint, something that fails. */
  async #reportIfDue(): Promise<void> {
    const { connection, standing, inForce } = this.#node;
    if (standing() !== "running") return;
    const isTime =
      this.#lastAt === 0 || performance.now() - this.#lastAt >= connection.telemetrySeconds * 1_000;
    if (isTime || (await this.#hasNews())) await this.#report(inForce());
  }

  async #insist(isLast: boolean): Promise<void> {
    if (isLast) this.#endInsisting?.();
    if (await this.#hasNews()) await this.#report(this.#node.inForce());
    // The hub may just have said what it sees.
    if (!(await this.#hasNews())) this.#endInsisting?.();
  }

  async #hasNews(): Promise<boolean> {
    const peers = await this.#peers();
    return livePaths(peers) !== this.#paths || JSON.stringify(await this.#standing(peers)) !== this.#said;
  }

  async #peers(): Promise<PeerReport[]> {
    const { tunnel } = this.#node;
    return peerReports(tunnel.config, await tunnel.device(), Date.now());
  }

  /** What the hub keeps of this node until it hears otherwise. */
  async #standing(peers: readonly PeerReport[]) {
    const { settings, conditions, hubAddresses } = this.#node;
    const heard = peers.filter(({ path }) => path === "direct").flatMap(({ endpoint }) => endpoint ?? []);
    return {
      endpoints: await ownEndpoints({
        interfaceName: settings.interfaceName,
        port: settings.listenPort,
        hub: hubAddresses(),
        peers: heard.sort(),
        seenByHub: this.#seenByHub,
      }),
      routes: settings.advertise,
      exitNode: settings.exitNode,
      conditions: conditions().slice(0, WIRE_LIMITS.conditions),
    };
  }

  /** @throws HubAway or HubRefused. */
  async #report({ applied, applyError }: InForce): Promise<void> {
    const { connection } = this.#node;
    const session = await connection.session();
    if (session !== this.#session) {
      // The hub may have lost what an earlier session said.
      this.#session = session;
      this.#said = "";
      this.#factsAt = 0;
    }
    const peers = await this.#peers();
    const standing = await this.#standing(peers);
    const said = JSON.stringify(standing);
    const withFacts = this.#factsAt === 0 || performance.now() - this.#factsAt > FACTS_EVERY_MS;
    const facts = withFacts ? await this.#facts() : null;
    const report: TelemetryReport = {
      at: Math.round(connection.hubNow()),
      sequence: this.#sequence++,
      applied: applied && { serial: applied.serial, manifest: applied.manifestHash },
      applyError: applyError === null ? null : printableAscii(applyError).slice(0, MAX_ERROR),
      ...(said === this.#said ? {} : standing),
      ...(facts ? { facts } : {}),
      peers: peers.slice(0, WIRE_LIMITS.peersPerReport),
      clockSkewMs: Math.round(connection.skewMs),
    };
    const { leftOut, address } = await this.#send(knownReport(report, session.capability));
    // Of a report that said it: what is not said again is left out as before.
    if (said !== this.#said) this.#leftOut = leftOutCondition(leftOut);
    this.#learn(address ?? null);
    this.#said = said;
    this.#paths = livePaths(peers);
    if (facts) this.#factsAt = performance.now();
    this.#lastAt = performance.now();
  }

  /** Null when they can't be collected: the rest of the report does not wait for them. */
  async #facts() {
    const { hub, keys } = this.#node;
    try {
      const facts = await collectFacts();
      this.#unknownFacts = [];
      return await signStatement("facts", hub, facts, keys().signing);
    } catch (error) {
      this.#unknownFacts = [condition("facts_unknown", error)];
      return null;
    }
  }

  /** A proxy's address is none of this node's. */
  #learn(address: string | null): void {
    if (address === null || this.#node.way.proxy !== null) return;
    const others = this.#seenByHub.filter((seen) => isIP(seen) !== isIP(address));
    this.#seenByHub = [address, ...others].sort((a, b) => isIP(a) - isIP(b));
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

/** What the hub left out is no failure of the machine, but whoever looks must find it. */
export function leftOutCondition(leftOut: readonly string[]): Condition[] {
  if (leftOut.length === 0) return [];
  const found = `The hub left out ${leftOut.length} of what this node reports: ${leftOut.join("; ")}`;
  return [condition("report_left_out", found)];
}
