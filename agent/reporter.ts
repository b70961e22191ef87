import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { signStatement } from "../shared/agent-protocol/statement.ts";
import type { Condition, PeerReport, TelemetryReport } from "../shared/agent-protocol/types.ts";
import { WIRE_LIMITS } from "../shared/agent-protocol/types.ts";
import type { AppliedConfig } from "../shared/node-config/accept.ts";
import type { TunnelKeeper } from "./apply/keeper.ts";
import type { Health } from "./health.ts";
import type { HubConnection } from "./hub/connection.ts";
import { parseAnswer, telemetryAnswer } from "./hub/schemas.ts";
import type { OpenSession } from "./hub/session.ts";
import type { Keys } from "./state/keys.ts";
import type { Settings } from "./state/store.ts";
import { collectFacts } from "./telemetry/facts.ts";
import { localEndpoints, peerReports } from "./telemetry/report.ts";

const gzipped = promisify(gzip);
const FACTS_EVERY_MS = 60 * 60_000;
const WORTH_PACKING = 1_024;
const MAX_ANSWER_BYTES = 64 * 1024;

export interface ReporterParts {
  readonly connection: HubConnection;
  readonly keeper: TunnelKeeper;
  readonly health: Health;
  readonly settings: Settings;
  readonly keys: () => Keys;
  readonly origin: string;
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

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  /**
   * Reports when it is time, or when a path came or went: who watches the network sees that within seconds.
   * @throws HubAway or HubRefused.
   */
  async reportIfDue(applied: AppliedConfig | null, applyError: string | null): Promise<void> {
    if (this.#isReporting) return;
    const { connection, keeper } = this.#parts;
    const isTime =
      this.#lastAt === 0 || performance.now() - this.#lastAt >= connection.telemetrySeconds * 1_000;
    const paths = livePaths(peerReports(keeper.config, await keeper.device(), Date.now()));
    if (isTime || paths !== this.#paths) await this.report(applied, applyError);
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
    const { connection, keeper, settings, health } = this.#parts;
    const session = await connection.session();
    if (session !== this.#session) {
      // The hub may have lost what an earlier session said.
      this.#session = session;
      this.#said = "";
      this.#factsAt = 0;
    }
    const standing = {
      endpoints: localEndpoints(settings.interfaceName, settings.listenPort),
      routes: settings.advertise,
      exitNode: settings.exitNode,
      conditions: health.conditions.slice(0, WIRE_LIMITS.conditions),
    };
    const said = JSON.stringify(standing);
    const withFacts = this.#factsAt === 0 || performance.now() - this.#factsAt > FACTS_EVERY_MS;
    const peers = peerReports(keeper.config, await keeper.device(), Date.now());
    const report: TelemetryReport = {
      at: Math.round(connection.hubNow()),
      sequence: this.#sequence++,
      applied: applied && { serial: applied.serial, manifest: applied.manifestHash },
      applyError: applyError?.replace(/[^\x20-\x7e]/g, "?").slice(0, 500) ?? null,
      ...(said === this.#said ? {} : standing),
      ...(withFacts ? { facts: await this.#facts() } : {}),
      peers: peers.slice(0, WIRE_LIMITS.peersPerReport),
      clockSkewMs: Math.round(connection.skewMs),
    };
    const leftOut = await this.#send(report);
    // Of a report that said it: what is not said again is left out as before.
    if (said !== this.#said) health.set("report", leftOutCondition(leftOut));
    this.#said = said;
    this.#paths = livePaths(peers);
    if (withFacts) this.#factsAt = performance.now();
    this.#lastAt = performance.now();
  }

  async #facts() {
    const { origin, keys } = this.#parts;
    return signStatement("facts", origin, await collectFacts(), keys().signing);
  }

  /** @returns What the hub did not take of it. */
  async #send(report: TelemetryReport): Promise<readonly string[]> {
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
    return parseAnswer(telemetryAnswer, body, MAX_ANSWER_BYTES).leftOut;
  }
}

/** What the hub left out is no failure of the machine, but whoever looks must find it. */
export function leftOutCondition(leftOut: readonly string[]): Condition[] {
  if (leftOut.length === 0) return [];
  const said = leftOut.join("; ").replace(/[^\x20-\x7e]/g, "?");
  const detail = `The hub left out ${leftOut.length} of what this node reports: ${said}`;
  return [{ code: "report_left_out", detail: detail.slice(0, WIRE_LIMITS.conditionDetail) }];
}
