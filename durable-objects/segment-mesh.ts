import { DurableObject } from "cloudflare:workers";
import type { Device } from "../shared/access/device/device.ts";
import { type ObjectsOf, objectOf } from "../shared/base/objects.ts";
import type { EnvelopeSigner } from "../shared/crypto/dsse.ts";
import type { EdgeRelayRpc } from "../shared/edge/edge-relay.ts";
import { ALL_OF_RULES, ruleKnowledge } from "../shared/node/config/rule-terms.ts";
import type { NewestHandshake, SignedHandshake } from "../shared/node/handshake-verdict.ts";
import type { Hearing } from "../shared/node/hearing.ts";
import * as answers from "../shared/node/mesh/answers.ts";
import * as compared from "../shared/node/mesh/compared.ts";
import { Ends } from "../shared/node/mesh/ends.ts";
import { CATCH_UP_MS } from "../shared/node/mesh/timetable.ts";
import type { PathsOfPair, SegmentPairs } from "../shared/node/path-view.ts";
import type { ConfigAnswer } from "../shared/node/protocol/types.ts";
import type * as mesh from "../shared/node/segment-mesh.ts";
import type { Watch } from "../shared/segments/suggest/watch.ts";
import { logError } from "./log.ts";
import { configOf, objectOfNode } from "./mesh/configs.ts";
import { Devices } from "./mesh/devices.ts";
import { Edges } from "./mesh/edges.ts";
import type { EndingEnvironment } from "./mesh/ending.ts";
import { FailureWatch } from "./mesh/failure-watch.ts";
import { FlowStore } from "./mesh/flow-store.ts";
import { HandshakeStore } from "./mesh/handshake-store.ts";
import { Hearings } from "./mesh/hearings.ts";
import { HitStore } from "./mesh/hit-store.ts";
import { Learner, NEWEST } from "./mesh/learner.ts";
import { newestHandshakeOf } from "./mesh/member-store.ts";
import { MeshStore } from "./mesh/mesh-store.ts";
import { makeOnlineSigner } from "./mesh/online-signer.ts";
import { Overview } from "./mesh/overview.ts";
import { PathStore } from "./mesh/path-store.ts";
import { Presence } from "./mesh/presence.ts";
import { Publisher } from "./mesh/publisher.ts";
import { RegistryReader } from "./mesh/registry-reader.ts";
import { ReportStore } from "./mesh/report-store.ts";
import { Reports } from "./mesh/reports.ts";
import { STEPS } from "./mesh/schema.ts";
import { Sockets } from "./mesh/sockets.ts";
import { Upkeep } from "./mesh/upkeep.ts";
import { ringIfSilent } from "./storage/alarm.ts";
import { migrate } from "./storage/migrate.ts";

interface Environment extends EndingEnvironment {
  readonly SECRET_KEY: string;
  readonly EDGE_RELAY: ObjectsOf<EdgeRelayRpc>;
  readonly SEGMENT_MESH: ObjectsOf<mesh.SegmentMeshRpc>;
}

/**
 * The one writer of the configs of a segment's nodes. `docs/consistency-and-failure.md` says what it promises, and
 * decision 0009 says how much load it can bear.
 */
export class SegmentMesh extends DurableObject<Environment> implements mesh.SegmentMeshRpc {
  readonly #segment = this.ctx.id.name ?? "";
  readonly #store: MeshStore;
  readonly #handshakes: HandshakeStore;
  readonly #reportRows: ReportStore;
  readonly #flows: FlowStore;
  readonly #hits: HitStore;
  readonly #paths: PathStore;
  readonly #failures: FailureWatch;
  readonly #sockets: Sockets;
  readonly #presence: Presence;
  readonly #edges: Edges;
  readonly #hearings: Hearings;
  readonly #ends = new Ends((row, now) => this.#silentSince(row.id, row.created_at, now));
  readonly #learner: Learner;
  readonly #overview: Overview;
  readonly #reports: Reports;
  readonly #upkeep: Upkeep;
  readonly #devices: Devices;
  #signer: EnvelopeSigner | null = null;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    migrate(ctx.storage.sql, STEPS);
    this.#store = new MeshStore(ctx.storage);
    this.#handshakes = new HandshakeStore(ctx.storage.sql);
    this.#reportRows = new ReportStore(ctx.storage.sql);
    this.#flows = new FlowStore(ctx.storage.sql);
    this.#hits = new HitStore(ctx.storage.sql);
    this.#paths = new PathStore(ctx.storage.sql);
    this.#failures = new FailureWatch(ctx.storage.sql, this.#paths);
    this.#sockets = new Sockets(ctx);
    this.#presence = new Presence(this.#store.rows, Date.now());
    this.#hearings = new Hearings(ctx.storage.sql, env.SEGMENT_MESH);
    this.#edges = new Edges(ctx.storage.sql, env.EDGE_RELAY);
    this.#overview = new Overview(this.#store, this.#reportRows, this.#presence, this.#sockets, this.#edges);
    this.#reports = new Reports(
      ctx.storage,
      this.#store,
      this.#reportRows,
      this.#presence,
      this.#flows,
      this.#hits,
      this.#hearings,
      this.#paths,
      this.#failures,
    );
    this.#devices = new Devices(ctx.storage.sql, {
      db: env.DB,
      segment: this.#segment,
      reports: this.#reportRows,
      coordinator: () => objectOf(env.NETWORK_COORDINATOR, "network"),
    });
    const registry = new RegistryReader(env.DB);
    const publisher = new Publisher({
      segment: this.#segment,
      store: this.#store,
      registry,
      signer: async () => (this.#signer ??= await makeOnlineSigner(env.SECRET_KEY)),
      onChanged: (nodes) => this.#sockets.hint(nodes, this.#store.rows.version),
      onEnded: (node, status) => this.#forget(node, status),
    });
    this.#learner = new Learner(this.#segment, registry, publisher, this.#ends);
    this.#upkeep = new Upkeep(ctx.storage, env, {
      store: this.#store,
      reports: this.#reportRows,
      flows: this.#flows,
      hits: this.#hits,
      paths: this.#paths,
      learner: this.#learner,
      ends: this.#ends,
    });
    ringIfSilent(ctx, () => this.#upkeep.ring());
  }

  async refresh(revision: number): Promise<void> {
    await this.#learner.learn(revision);
    if (this.#learner.network?.state.reports_flows === 0) {
      this.#flows.clear();
      this.#hits.clear();
    }
    this.#upkeep.ring();
    if (this.#learner.network) await this.#edges.part(this.#learner.network, Date.now());
    await this.#devices.tellChanged();
  }

  async directory(known: number, seen: readonly mesh.SeenNode[]): Promise<mesh.Directory> {
    const now = Date.now();
    this.#upkeep.polled(now);
    this.#presence.mark(seen, now);
    for (const { node, counter } of seen) {
      if (counter !== null) this.#store.receipts.acknowledge(node, counter, now);
    }
    // The poll does not wait for the registry. An object without a copy of the network is an exception, since its empty
    // directory would refuse all nodes.
    if (!this.#learner.network) await this.#learner.learn(0);
    else if (now - this.#learner.askedAt > CATCH_UP_MS) {
      const caughtUp = this.#learner.learn(NEWEST);
      this.ctx.waitUntil(caughtUp.catch((error: unknown) => logError("mesh_not_caught_up", error)));
    }
    return this.#store.rows.directory(known, this.#learner.network?.state.poll_seconds ?? 30);
  }

  async config(node: string, base: string | null, rootVersion: number): Promise<ConfigAnswer | null> {
    return configOf(this.#store, await this.#learner.known(), node, base, rootVersion);
  }

  async object(node: string, hash: string): Promise<string | null> {
    return objectOfNode(this.#store, node, hash);
  }

  async admitHandshake(
    node: string,
    made: SignedHandshake,
    capability: number,
  ): Promise<mesh.HandshakeVerdict> {
    await this.#learner.known();
    const { rows } = this.#store;
    // The node may have enrolled a moment ago, so that the notice of it has not come yet.
    if (!rows.get(node)) await this.#learner.learn(NEWEST);
    const row = rows.get(node);
    if (!row || row.status === "gone") return "unknown";
    if (row.status !== "approved") return row.status;
    const now = Date.now();
    const verdict = this.#handshakes.judge(row, made, capability, now);
    if (verdict !== "admitted") return verdict;
    // Another agent may understand more of a config, or less.
    if (row.capability !== capability) await this.#learner.command({ type: "rebuild", node });
    this.#presence.mark([{ node, counter: null }], now);
    this.#upkeep.ring();
    return verdict;
  }

  async handshakeOf(node: string): Promise<NewestHandshake> {
    const row = this.#store.rows.get(node);
    return row ? newestHandshakeOf(row) : { counter: 0, madeAt: 0 };
  }

  async telemetry(node: string, report: mesh.CheckedReport): Promise<mesh.ReportVerdict> {
    const network = await this.#learner.known();
    const { hearings = [], ...verdict } = this.#reports.take(network, node, report);
    if (hearings.length > 0) await this.#hearings.tell(network, node, hearings, this.#segment);
    // A report that could not be told is told with the next one. Until then, the posture that sessions know grows older.
    if (verdict.ok && report.facts)
      await this.#devices.tellChanged(node).catch((error: unknown) => logError("device_not_told", error));
    return verdict;
  }

  async heard(observer: string, hearings: readonly Hearing[]): Promise<void> {
    this.#hearings.note(observer, hearings, Date.now());
  }

  async device(node: string): Promise<{ readonly device: Device; readonly address: string | null } | null> {
    const device = await this.#devices.ask(node);
    return device && { device, address: this.#reportRows.get(node)?.address ?? null };
  }

  async deviceStated(node: string): Promise<void> {
    await this.#devices.tellChanged(node);
  }

  async claimNews(node: string): Promise<number> {
    const row = this.#store.rows.get(node);
    const allowed = row && this.#store.rows.claimNews(row, Date.now());
    return allowed?.ok === false ? allowed.waitMs : 0;
  }

  async edgeLease(node: string, peer: string, bytes: number): Promise<boolean> {
    const network = await this.#learner.known();
    if (this.#store.rows.get(node)?.status !== "approved") return false;
    return this.#edges.lease(network, node, peer, bytes, Date.now());
  }

  async live(nodes: readonly string[]): Promise<Readonly<Record<string, mesh.LiveNode>>> {
    const network = await this.#learner.known();
    const now = Date.now();
    return Object.fromEntries(nodes.map((node) => [node, this.#overview.live(network, node, now)]));
  }

  async map(around?: string): Promise<mesh.SegmentMap> {
    return this.#overview.map(await this.#learner.known(), this.#paths, Date.now(), around);
  }

  async paths(node: string, peer: string): Promise<PathsOfPair | null> {
    return this.#overview.paths(await this.#learner.known(), node, peer, this.#paths.get(node), Date.now());
  }

  async failures(): Promise<mesh.SegmentFailures> {
    const { state } = await this.#learner.known();
    const now = Date.now();
    const isAtHub = (node: string) =>
      this.#store.rows.get(node)?.status === "approved"
        ? this.#presence.isOnline(node, state.poll_seconds, now)
        : undefined;
    return this.#failures.all(isAtHub, now);
  }

  async presence(): Promise<{ readonly all: number; readonly online: number }> {
    return this.#overview.presence(await this.#learner.known(), Date.now());
  }

  async pairs(): Promise<SegmentPairs> {
    return this.#overview.pairs(await this.#learner.known(), this.#paths, Date.now());
  }

  async flows(around?: string): Promise<mesh.SegmentFlows> {
    return this.#flows.graph(Date.now(), around);
  }

  async watch(): Promise<Watch> {
    return this.#flows.watch(this.#store.approved().length, Date.now());
  }

  async olderAgents(): Promise<Readonly<Record<string, number>>> {
    await this.#learner.known();
    const known = this.#store
      .approved()
      .map((node) => [node, ruleKnowledge(this.#store.rows.get(node)?.capability ?? 0)] as const);
    return Object.fromEntries(known.filter(([, knowledge]) => knowledge < ALL_OF_RULES));
  }

  async why(question: answers.WhyQuestion): Promise<answers.WhyAnswer> {
    return answers.answerWhy(await this.#learner.known(), question);
  }

  async reach(question: answers.ReachQuestion): Promise<answers.ReachAnswer> {
    return answers.answerReach(await this.#learner.known(), question);
  }

  async difference(question: compared.DifferenceQuestion): Promise<compared.DifferenceAnswer> {
    return compared.answerDifference(await this.#learner.known(), question);
  }

  async check(question: compared.CheckQuestion): Promise<compared.CheckAnswer> {
    return compared.answerCheck(await this.#learner.known(), question);
  }

  async matrix(question: compared.MatrixQuestion): Promise<compared.MatrixAnswer> {
    return compared.answerMatrix(await this.#learner.known(), question);
  }

  async hits(): Promise<mesh.SegmentHits> {
    return this.#hits.all(this.#store.approved());
  }

  async holds(): Promise<readonly mesh.Hold[]> {
    await this.#learner.known();
    return this.#store.holds.all();
  }

  async confirm(revision: number): Promise<boolean> {
    const isHeld = () => this.#store.holds.revisionOf("peer_loss") === revision;
    return this.#learner.command({ type: "confirm" }, isHeld);
  }

  async revocation(node: string): Promise<mesh.RevocationReceipt> {
    const network = await this.#learner.known();
    return this.#store.receipts.receipt(node, Date.now(), (member) => network.nameOf(member));
  }

  /** Opens the socket of a node. The Worker has authenticated the node before. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
    const node = new URL(request.url).searchParams.get("node") ?? "";
    if (this.#store.rows.get(node)?.status !== "approved") return new Response(null, { status: 403 });
    return this.#sockets.open(node);
  }

  /** Nodes have nothing to say here. Pings are answered without waking the object. */
  override webSocketMessage(socket: WebSocket): void {
    socket.close(1008, "nothing is expected here");
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  override alarm(): Promise<void> {
    return this.#upkeep.onAlarm();
  }

  #silentSince(node: string, enrolledAt: number, now: number): number {
    return Math.max(this.#presence.silentSince(node, enrolledAt), this.#sockets.heardAt(node, now) ?? 0);
  }

  #forget(node: string, status: mesh.MemberStatus): void {
    this.#sockets.close(node);
    this.#presence.forget(node);
    if (status === "gone") {
      this.#reportRows.forget(node);
      this.#flows.forget(node);
      this.#hits.forget(node);
      this.#edges.forget(node);
      this.#hearings.forget(node);
      this.#paths.forget(node);
      this.#failures.forget(node);
    }
  }
}
