import type { Device, Posture } from "../../shared/access/device/device.ts";
import type { NetworkCoordinatorRpc } from "../../shared/access/sessions/coordinator.ts";
import { answeredChecks, type DeviceCheck } from "../../shared/node/config/device-check.ts";
import { checksIn, DEVICES_QUERY, type DeviceRow } from "../../shared/registry/node-rows.ts";
import type { ReportStore, StoredReport } from "./report-store.ts";

/**
 * For how long (milliseconds) a device is told of although no session rests on it. Somebody who asked for it may be about
 * to make a session rest on it.
 */
const ASKED_MS = 10 * 60_000;

type Told = { node: string; asked_at: number; told: string };

/** Describes nodes to the sessions that rest on them, and tells the coordinator what changed. */
export class Devices {
  readonly #sql: SqlStorage;
  readonly #db: D1Database;
  readonly #segment: string;
  readonly #reports: ReportStore;
  readonly #coordinator: () => NetworkCoordinatorRpc;

  constructor(
    sql: SqlStorage,
    parts: {
      readonly db: D1Database;
      readonly segment: string;
      readonly reports: ReportStore;
      readonly coordinator: () => NetworkCoordinatorRpc;
    },
  ) {
    this.#sql = sql;
    this.#db = parts.db;
    this.#segment = parts.segment;
    this.#reports = parts.reports;
    this.#coordinator = parts.coordinator;
  }

  /** Null for a node of another segment. From now on, changes of the node are told. */
  async ask(node: string): Promise<Device | null> {
    const [known] = this.#asked(node);
    this.#sql.exec(
      `INSERT INTO devices (node, asked_at, told) VALUES (?, ?, '')
       ON CONFLICT (node) DO UPDATE SET asked_at = excluded.asked_at`,
      node,
      Date.now(),
    );
    const [device] = await this.#describe([node]);
    if (device?.isApproved || known) return device ?? null;
    // Nobody can make a session rest on such a node.
    this.#sql.exec("DELETE FROM devices WHERE node = ?", node);
    return null;
  }

  /** Tells the changes of one node, or of all nodes on which sessions rest. Rejects if the coordinator can't be told. */
  async tellChanged(node?: string): Promise<void> {
    const asked = this.#asked(node);
    if (asked.length === 0) return;
    const devices = await this.#describe(asked.map((row) => row.node));
    const changed = devices.filter((device) => {
      const before = asked.find((row) => row.node === device.id)?.told;
      return before !== textOf(device);
    });
    if (changed.length === 0) return;
    const { unheard } = await this.#coordinator().tellDevices(changed);
    for (const device of changed) {
      this.#sql.exec("UPDATE devices SET told = ? WHERE node = ?", textOf(device), device.id);
    }
    this.#sql.exec(
      "DELETE FROM devices WHERE asked_at < ? AND node IN (SELECT value FROM json_each(?))",
      Date.now() - ASKED_MS,
      JSON.stringify(unheard),
    );
  }

  #asked(node?: string): Told[] {
    return node === undefined
      ? this.#sql.exec<Told>("SELECT * FROM devices").toArray()
      : this.#sql.exec<Told>("SELECT * FROM devices WHERE node = ?", node).toArray();
  }

  /** A node that is gone, or in another segment, is described as one that is not approved. */
  async #describe(nodes: readonly string[]): Promise<Device[]> {
    const { results } = await this.#db.prepare(DEVICES_QUERY).bind(JSON.stringify(nodes)).all<DeviceRow>();
    const rows = new Map(results.map((row) => [row.id, row]));
    const version = Date.now();
    return nodes.map((id) => {
      const row = rows.get(id);
      return {
        id,
        name: row?.name ?? "",
        ownerId: row?.user_id ?? null,
        isApproved: row?.status === "approved" && row.segment_id === this.#segment,
        posture: postureOf(this.#reports.get(id), row ? checksIn(row.checks) : []),
        stated: row ? (JSON.parse(row.stated) as Device["stated"]) : [],
        version,
      };
    });
  }
}

const textOf = ({ version: _, ...device }: Device): string => JSON.stringify(device);

function postureOf(report: StoredReport | null, wanted: readonly DeviceCheck[]): Posture | null {
  if (!report?.facts || report.factsAt === null) return null;
  const {
    osId = "",
    osVersion = "",
    agentVersion,
    diskEncrypted,
    firewall,
    screenLock = null,
    checks = [],
  } = report.facts;
  return {
    os: osId,
    osVersion,
    agentVersion,
    diskEncrypted,
    firewall,
    screenLock,
    checks: answeredChecks(wanted, checks),
    measuredAt: report.factsAt,
  };
}
