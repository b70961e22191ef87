import { isIP } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { AppliedConfig } from "../../shared/node/config/accept.ts";
import { signStatement } from "../../shared/node/protocol/statement.ts";
import type { Condition, PeerReport, TelemetryReport } from "../../shared/node/protocol/types.ts";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { conditionOf, type Health } from "../core/health.ts";
import type { HubConnection } from "../hub/connection.ts";
import { parseAnswer, telemetryAnswer } from "../hub/schemas.ts";
import type { OpenSession } from "../hub/session.ts";
import type { Keys } from "../state/keys.ts";
import type { Settings } from "../state/store.ts";
import { collectFacts } from "../telemetry/facts.ts";
import { ownEndpoints } from "../telemetry/own-endpoints.ts";
import { peerReports } from "../telemetry/report.ts";
import type { TunnelKeeper } from "../tunnel/keeper.ts";

const gzipped = promisify(gzip);
const FACTS_EVERY_MS = 60 * 60_000;
const WORTH_PACKING = 1_024;
const MAX_ANSWER_BYTES = 64 * 1024;
const INSISTENT_TRIES = 20;
const INSISTENT_PAUSE_MS = 1_000;

export interface ReporterParts {
  readonly connection: HubConnection;
  readonly keeper: TunnelKeeper;
  readonly health: Health;
  readonly settings: Settings;
  readonly keys: () => Keys;
  readonly origin: string;
  /** Of the hub, or of the proxy that leads to it. */
  readonly hubAddresses: () => readonly string[];
  /** Whether a proxy speaks to the hub in this node's place. */
  readonly isProxied: boolean;
}

const livePaths = (peers: readonly PeerReport[]): string =>
  peers.flatMap(({ node, path }) => (path === "direct" ? [node] : [])).join(" ");

/** Tells the hub what is in force, how the paths are, and what this machine is. Unchanged parts are left out. */
export class Reporter {
  readonly #parts: ReporterParts;
  #sequence = 0;
  #session: OpenSession | null = null;
  #said = "";
  #factsAt = 0;
  #lastAt = 0;
  /** Which peers had a live path in the last report. */
  #paths = "";
  #isReporting = false;
  #seenByHub: readonly string[] = [];

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  /**
   * Reports when it is time, or when there is news: a path that came or went, another endpoint, something that fails.
   * @throws HubAway or HubRefused.
   */
  async reportIfDue(applied: AppliedConfig | null, applyError: string | null): Promise<void> {
    if (this.#isReporting) return;
    const { connection } = this.#parts;
    const isTime =
      this.#lastAt === 0 || performance.now() - this.#lastAt >= connection.telemetrySeconds * 1_000;
    if (isTime || (await this.#hasNews())) await this.report(applied, applyError);
  }

  /**
   * After a move: reports news until the hub has them, for a network that has just come up often needs some seconds.
   * @param now What is in force, asked before each try; null ends it.
   */
  async insist(
    now: () => readonly [applied: AppliedConfig | null, applyError: string | null] | null,
  ): Promise<void> {
    this.#seenByHub = [];
    for (let tries = 0; tries < INSISTENT_TRIES; tries++) {
      const standing = now();
      if (standing === null) return;
      // Another report may be under way, or the hub may just have said what it sees.
      const isTold = await this.reportIfDue(...standing).then(
        async () => !(await this.#hasNews()),
        () => false,
      );
      if (isTold) return;
      await sleep(INSISTENT_PAUSE_MS);
    }
  }

  async #hasNews(): Promise<boolean> {
    const peers = await this.#peers();
    return livePaths(peers) !== this.#paths || JSON.stringify(await this.#standing(peers)) !== this.#said;
  }

  async #peers(): Promise<PeerReport[]> {
    const { keeper } = this.#parts;
    return peerReports(keeper.config, await keeper.device(), Date.now());
  }

  /** What the hub keeps of this node until it hears otherwise. */
  async #standing(peers: readonly PeerReport[]) {
    const { settings, health, hubAddresses } = this.#parts;
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
      conditions: health.conditions.slice(0, WIRE_LIMITS.conditions),
    };
  }

  /** @throws HubAway or HubRefused. */
  async report(applied: AppliedConfig | null, applyError: string | null): Promise<void> {
    this.#isReporting = true;
    try {
      await this.#report(applied, applyError);
    } finally {
      this.#isReporting = false;
    }
  }

  async #report(applied: AppliedConfig | null, applyError: string | null): Promise<void> {
    const { connection, health } = this.#parts;
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
      applyError: applyError?.replace(/[^\x20-\x7e]/g, "?").slice(0, 500) ?? null,
      ...(said === this.#said ? {} : standing),
      ...(facts ? { facts } : {}),
      peers: peers.slice(0, WIRE_LIMITS.peersPerReport),
      clockSkewMs: Math.round(connection.skewMs),
    };
    const { leftOut, address } = await this.#send(report);
    // Of a report that said it: what is not said again is left out as before.
    if (said !== this.#said) health.set("report", leftOutCondition(leftOut));
    this.#learn(address ?? null);
    this.#said = said;
    this.#paths = livePaths(peers);
    if (facts) this.#factsAt = performance.now();
    this.#lastAt = performance.now();
  }

  /** Null when they can't be collected: the rest of the report does not wait for them. */
  async #facts() {
    const { origin, keys, health } = this.#parts;
    try {
      const facts = await collectFacts();
      health.set("facts", []);
      return await signStatement("facts", origin, facts, keys().signing);
    } catch (error) {
      health.set("facts", [conditionOf("facts_unknown", error)]);
      return null;
    }
  }

  /** A proxy's address is none of this node's. */
  #learn(address: string | null): void {
    if (address === null || this.#parts.isProxied) return;
    const others = this.#seenByHub.filter((seen) => isIP(seen) !== isIP(address));
    this.#seenByHub = [address, ...others].sort((a, b) => isIP(a) - isIP(b));
  }

  async #send(report: TelemetryReport) {
    const text = new TextEncoder().encode(JSON.stringify(report));
    const isPacked = text.length > WORTH_PACKING;
    const { body } = await this.#parts.connection.call({
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
  const said = leftOut.join("; ").replace(/[^\x20-\x7e]/g, "?");
  const detail = `The hub left out ${leftOut.length} of what this node reports: ${said}`;
  return [{ code: "report_left_out", detail: detail.slice(0, WIRE_LIMITS.conditionDetail) }];
}
