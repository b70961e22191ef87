import type { Network } from "../../shared/node/mesh/network.ts";
import { reportedChange } from "../../shared/node/overview.ts";
import { judgeReport, visiblePeers } from "../../shared/node/report.ts";
import type { CheckedReport, ReportVerdict } from "../../shared/node/segment-mesh.ts";
import { offeredRoutesOf, reportedEndpoints } from "../../shared/registry/node-rows.ts";
import { serialOf } from "./member-store.ts";
import type { MeshStore } from "./mesh-store.ts";
import type { Presence } from "./presence.ts";
import type { ReportStore } from "./report-store.ts";

/** Takes the reports of nodes, and finds what the registry must learn from them. */
export class Reports {
  readonly #storage: DurableObjectStorage;
  readonly #store: MeshStore;
  readonly #reports: ReportStore;
  readonly #presence: Presence;

  constructor(storage: DurableObjectStorage, store: MeshStore, reports: ReportStore, presence: Presence) {
    this.#storage = storage;
    this.#store = store;
    this.#reports = reports;
    this.#presence = presence;
  }

  take(network: Network, node: string, report: CheckedReport): ReportVerdict {
    const { rows, receipts } = this.#store;
    const row = rows.get(node);
    const facts = network.row(node);
    if (row?.status !== "approved" || !facts) return { ok: false, reason: "unknown" };
    const before = this.#reports.get(node);
    const issue = rows.issueOf(row);
    const verdict = judgeReport(report, {
      handshake: row.handshake,
      sequence: before?.handshake === report.handshake ? before.sequence : -1,
      issued: issue && serialOf(row),
      peers: issue?.peers ?? [],
    });
    if (verdict !== "ok") return { ok: false, reason: verdict };
    const known = {
      endpoints: reportedEndpoints(facts),
      offeredRoutes: offeredRoutesOf(facts),
      exitNode: facts.exit_node,
    };
    const change = reportedChange(report, known, (reference) => network.idOf(reference));
    const allowed = change ? rows.claimNews(row, report.receivedAt) : { ok: true as const };
    if (!allowed.ok) return { ok: false, reason: "too_often", waitMs: allowed.waitMs };
    const peers = visiblePeers(report, issue?.peers ?? []);
    this.#storage.transactionSync(() => {
      this.#reports.put(node, report, peers, before);
      this.#presence.mark([{ node, counter: null }], report.receivedAt);
      const { applied } = report;
      if (applied) receipts.acknowledge(node, applied.serial.counter, report.receivedAt);
    });
    return { ok: true, change };
  }
}
