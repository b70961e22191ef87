import { type Hearing, hearingsIn } from "../../shared/node/hearing.ts";
import type { Network } from "../../shared/node/mesh/network.ts";
import { reportedChange } from "../../shared/node/overview.ts";
import type { FlowReport, HitReport } from "../../shared/node/protocol/types.ts";
import { judgeReport, visiblePeers } from "../../shared/node/report.ts";
import type { RulesetVerdict } from "../../shared/node/ruleset.ts";
import type { CheckedReport, ReportVerdict } from "../../shared/node/segment-mesh.ts";
import { offeredRoutesOf, reportedEndpoints } from "../../shared/registry/node-rows.ts";
import { believed, shareOf } from "../../shared/segments/flow-ledger.ts";
import { believedHits } from "../../shared/segments/hits.ts";
import type { FailureWatch } from "./failure-watch.ts";
import type { FlowStore } from "./flow-store.ts";
import type { Hearings } from "./hearings.ts";
import type { HitStore } from "./hit-store.ts";
import { serialOf } from "./member-store.ts";
import type { MeshStore } from "./mesh-store.ts";
import type { PathStore } from "./path-store.ts";
import type { Presence } from "./presence.ts";
import type { ReportStore } from "./report-store.ts";
import { Rulesets } from "./rulesets.ts";

/** Since which capability agents report flows. */
const FLOWS_CAPABILITY = 4;

/** Takes the reports of nodes, and finds what the registry must learn from them. */
export class Reports {
  readonly #storage: DurableObjectStorage;
  readonly #store: MeshStore;
  readonly #reports: ReportStore;
  readonly #presence: Presence;
  readonly #flows: FlowStore;
  readonly #hits: HitStore;
  readonly #hearings: Hearings;
  readonly #paths: PathStore;
  readonly #failures: FailureWatch;
  readonly #rulesets: Rulesets;

  constructor(
    storage: DurableObjectStorage,
    store: MeshStore,
    reports: ReportStore,
    presence: Presence,
    flows: FlowStore,
    hits: HitStore,
    hearings: Hearings,
    paths: PathStore,
    failures: FailureWatch,
  ) {
    this.#hearings = hearings;
    this.#storage = storage;
    this.#store = store;
    this.#reports = reports;
    this.#presence = presence;
    this.#flows = flows;
    this.#hits = hits;
    this.#paths = paths;
    this.#failures = failures;
    this.#rulesets = new Rulesets(store.objects);
  }

  /** @returns The verdict, and where the node hears its peers, as far as these must be told. */
  take(
    network: Network,
    node: string,
    report: CheckedReport,
  ): ReportVerdict & { readonly hearings?: readonly Hearing[] } {
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
      claims: facts.claims,
      checks: network.checksOf(node),
      country: facts.country,
    };
    const change = reportedChange(report, known, (reference) => network.idOf(reference));
    const allowed = change ? rows.claimNews(row, report.receivedAt) : { ok: true as const };
    if (!allowed.ok) return { ok: false, reason: "too_often", waitMs: allowed.waitMs };
    const peers = visiblePeers(report, issue?.peers ?? []);
    const ruleset = this.#rulesetOf(node, report, issue?.manifest ?? null);
    const tells = this.#storage.transactionSync(() => {
      this.#reports.put(node, report, peers, before);
      if (report.flows) this.#noteFlows(network, node, report.flows, report.receivedAt);
      if (network.state.reports_flows !== 0 && row.capability >= FLOWS_CAPABILITY) {
        const isBlind = report.conditions?.some(({ code }) => code === "flows_unknown") ?? false;
        this.#flows.heard(node, isBlind, report.receivedAt);
      }
      this.#notePaths(network, node, report, issue?.peers ?? []);
      if (report.hits) this.#noteHits(network, node, report.hits, report.receivedAt);
      this.#presence.mark([{ node, counter: null }], report.receivedAt);
      const { applied } = report;
      if (applied) receipts.acknowledge(node, applied.serial.counter, report.receivedAt);
      return {
        drifts: this.#reports.countDrifts(node, report.drifts?.length ?? 0, report.receivedAt),
        difference: ruleset !== null && this.#reports.noteRuleset(node, ruleset, report.receivedAt),
      };
    });
    const hearings = hearingsIn({ at: report.receivedAt, peers }, before, (peer) => {
      const row = network.row(peer);
      return row ? reportedEndpoints(row) : [];
    });
    const heardAt = this.#hearings.of(network, node, { ...report, peers });
    return { ok: true, change, ruleset, ...tells, heardAt, hearings };
  }

  /** Null when the report says nothing of it, or of another config than the newest. */
  #rulesetOf(node: string, report: CheckedReport, issued: string | null): RulesetVerdict | null {
    if (report.ruleset === undefined || issued === null || report.applied?.manifest !== issued) return null;
    return this.#rulesets.judge(node, report.ruleset, issued, report.receivedAt);
  }

  #notePaths(
    network: Network,
    node: string,
    { paths = [], moves = [], receivedAt }: CheckedReport,
    peers: readonly string[],
  ): void {
    if (paths.length + moves.length === 0) return;
    const ledger = this.#paths.note(node, { paths, moves }, peers, receivedAt);
    const isAtHub = (id: string) =>
      this.#store.rows.get(id)?.status === "approved"
        ? this.#presence.isOnline(id, network.state.poll_seconds, receivedAt)
        : undefined;
    this.#failures.note(node, ledger.paths, isAtHub, receivedAt);
  }

  #noteHits(network: Network, node: string, hits: readonly HitReport[], now: number): void {
    const grants = network.index
      .linksOf(node)
      .flatMap(({ inbound, outbound, denied }) => [
        ...inbound,
        ...outbound,
        ...(denied?.inbound ?? []),
        ...(denied?.outbound ?? []),
      ]);
    this.#hits.note(node, believedHits(hits, new Set(grants.map(({ rule }) => rule))), now);
  }

  #noteFlows(network: Network, node: string, flows: readonly FlowReport[], now: number): void {
    const peers = new Set(network.index.linksOf(node).map(({ peer }) => peer));
    const taken = believed(
      flows,
      {
        node,
        idOf: (reference) => network.idAt(reference),
        isLinked: (peer) => peers.has(peer),
        routesOf: (of) => network.index.node(of)?.routes ?? [],
      },
      now,
    );
    this.#flows.note(node, taken, shareOf(this.#store.approved().length), now);
  }
}
