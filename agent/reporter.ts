import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { signStatement } from "../shared/agent-protocol/statement.ts";
import type { TelemetryReport } from "../shared/agent-protocol/types.ts";
import { WIRE_LIMITS } from "../shared/agent-protocol/types.ts";
import type { AppliedConfig } from "../shared/node-config/accept.ts";
import type { TunnelKeeper } from "./apply/keeper.ts";
import type { HubConnection } from "./hub/connection.ts";
import type { OpenSession } from "./hub/session.ts";
import type { Keys } from "./state/keys.ts";
import type { Settings } from "./state/store.ts";
import { collectFacts } from "./telemetry/facts.ts";
import { localEndpoints, peerReports } from "./telemetry/report.ts";

const gzipped = promisify(gzip);
const FACTS_EVERY_MS = 60 * 60_000;
const WORTH_PACKING = 1_024;

export interface ReporterParts {
  readonly connection: HubConnection;
  readonly keeper: TunnelKeeper;
  readonly settings: Settings;
  readonly keys: () => Keys;
  readonly origin: string;
}

/** Tells the hub what is in force, how the paths are, and what this machine is. Unchanged parts are left out. */
export class Reporter {
  readonly #parts: ReporterParts;
  #sequence = 0;
  #session: OpenSession | null = null;
  #said = "";
  #factsAt = 0;
  #lastAt = 0;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  get isDue(): boolean {
    return (
      performance.now() - this.#lastAt >= this.#parts.connection.telemetrySeconds * 1_000 ||
      this.#lastAt === 0
    );
  }

  /** @throws HubAway or HubRefused. */
  async report(applied: AppliedConfig | null, applyError: string | null): Promise<void> {
    const { connection, keeper, settings } = this.#parts;
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
    };
    const said = JSON.stringify(standing);
    const withFacts = this.#factsAt === 0 || performance.now() - this.#factsAt > FACTS_EVERY_MS;
    const report: TelemetryReport = {
      at: Math.round(connection.hubNow()),
      sequence: this.#sequence++,
      applied: applied && { serial: applied.serial, manifest: applied.manifestHash },
      applyError: applyError?.replace(/[^\x20-\x7e]/g, "?").slice(0, 500) ?? null,
      ...(said === this.#said ? {} : standing),
      ...(withFacts ? { facts: await this.#facts() } : {}),
      peers: peerReports(keeper.config, await keeper.device(), Date.now()).slice(
        0,
        WIRE_LIMITS.peersPerReport,
      ),
      clockSkewMs: Math.round(connection.skewMs),
    };
    await this.#send(report);
    this.#said = said;
    if (withFacts) this.#factsAt = performance.now();
    this.#lastAt = performance.now();
  }

  async #facts() {
    const { origin, keys } = this.#parts;
    return signStatement("facts", origin, await collectFacts(), keys().signing);
  }

  async #send(report: TelemetryReport): Promise<void> {
    const text = new TextEncoder().encode(JSON.stringify(report));
    const isPacked = text.length > WORTH_PACKING;
    await this.#parts.connection.call({
      method: "POST",
      target: "/agent/v1/telemetry",
      body: isPacked ? Uint8Array.from(await gzipped(text)) : text,
      headers: {
        "content-type": "application/json",
        ...(isPacked ? { "content-encoding": "gzip" } : {}),
      },
    });
  }
}
