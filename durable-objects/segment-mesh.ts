import { DurableObject } from "cloudflare:workers";
import { deletePending, savePending } from "../shared/audit/pending-event.ts";
import type { EventEntry } from "../shared/audit/types.ts";
import { base64url } from "../shared/base/base64url.ts";
import { newId } from "../shared/base/ids.ts";
import { objectOf } from "../shared/base/objects.ts";
import type { ObjectBindings } from "../shared/bindings.ts";
import type { EnvelopeSigner } from "../shared/crypto/dsse.ts";
import { planUpdate } from "../shared/node/config/update.ts";
import {
  judgeHandshake,
  type NewestHandshake,
  type SignedHandshake,
} from "../shared/node/handshake-verdict.ts";
import { liveNode, reportedChange, segmentMap } from "../shared/node/overview.ts";
import type { ConfigAnswer } from "../shared/node/protocol/types.ts";
import { judgeReport, visiblePeers } from "../shared/node/report.ts";
import type {
  CheckedReport,
  Directory,
  HandshakeVerdict,
  Hold,
  LiveNode,
  ReportVerdict,
  RevocationReceipt,
  SeenNode,
  SegmentMap,
  SegmentMeshRpc,
} from "../shared/node/segment-mesh.ts";
import { type MeshStatement, meshChange, prepareAll } from "../shared/registry/mesh-change.ts";
import { factsOf, type LightRow, offeredRoutesOf, reportedEndpoints } from "../shared/registry/node-rows.ts";
import { removeNode, setStatus } from "../shared/registry/node-statements.ts";
import { logError } from "./log.ts";
import { HoldStore } from "./mesh/hold-store.ts";
import { type MemberRow, MemberStore, newestHandshakeOf, serialOf } from "./mesh/member-store.ts";
import { Network } from "./mesh/network.ts";
import { ObjectStore } from "./mesh/object-store.ts";
import { Presence } from "./mesh/presence.ts";
import { Publisher } from "./mesh/publisher.ts";
import { ReceiptStore } from "./mesh/receipt-store.ts";
import { ReportStore } from "./mesh/report-store.ts";
import { CONDITIONS_SCHEMA, HANDSHAKES_SCHEMA, JUDGED_SCHEMA, MESH_SCHEMA } from "./mesh/schema.ts";
import { Sockets } from "./mesh/sockets.ts";
import { onAlarm, ringAt, ringIfSilent } from "./storage/alarm.ts";
import { META_SCHEMA } from "./storage/meta.ts";
import { migrate } from "./storage/migrate.ts";

interface Environment extends Pick<ObjectBindings, "NETWORK_COORDINATOR" | "AUDIT_LOG"> {
  readonly DB: D1Database;
  readonly SECRET_KEY: string;
}

/** While nodes poll, the registry is asked so often: what a lost notice costs at most. */
const CATCH_UP_MS = 30_000;
const POLLED_LATELY_MS = 2 * 60_000;
const RENEW_BEFORE_MS = 12 * 3_600_000;
const RENEWALS_AT_ONCE = 500;
const BETWEEN_RENEWALS_MS = 2_000;
const SWEEP_MS = 3_600_000;
const EPHEMERAL_ABSENCE_MS = 30 * 60_000;
const MOST_MAPPED = 2_000;

/**
 * The one writer of what the nodes of a segment apply. `docs/consistency-and-failure.md` says what it promises,
 * decision 0009 how much it can bear.
 */
export class SegmentMesh extends DurableObject<Environment> implements SegmentMeshRpc {
  readonly #members: MemberStore;
  readonly #objects: ObjectStore;
  readonly #holds: HoldStore;
  readonly #receipts: ReceiptStore;
  readonly #reports: ReportStore;
  readonly #sockets: Sockets;
  readonly #presence: Presence;
  readonly #publisher: Publisher;
  #network: Network | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #signer: EnvelopeSigner | null = null;
  #polledAt = 0;
  #askedAt = 0;
  #sweptAt: number;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    const { sql } = ctx.storage;
    migrate(sql, [META_SCHEMA, MESH_SCHEMA, HANDSHAKES_SCHEMA, CONDITIONS_SCHEMA, JUDGED_SCHEMA]);
    this.#members = new MemberStore(sql);
    this.#objects = new ObjectStore(sql);
    this.#holds = new HoldStore(sql);
    this.#receipts = new ReceiptStore(sql);
    this.#reports = new ReportStore(sql);
    this.#sockets = new Sockets(ctx);
    this.#presence = new Presence(this.#members, Date.now());
    this.#publisher = new Publisher(ctx.storage, env.DB, {
      segment: ctx.id.name ?? "",
      members: this.#members,
      objects: this.#objects,
      holds: this.#holds,
      receipts: this.#receipts,
      onChanged: (nodes) => this.#sockets.hint(nodes, this.#members.version),
      onEnded: (node, status) => this.#forget(node, status),
    });
    this.#sweptAt = Date.now();
    ringIfSilent(ctx, () => this.#ring());
  }

  async refresh(revision: number): Promise<void> {
    await this.#learn(revision);
    this.#ring();
  }

  async directory(known: number, seen: readonly SeenNode[]): Promise<Directory> {
    const now = Date.now();
    this.#polledAt = now;
    this.#presence.mark(seen, now);
    for (const { node, counter } of seen) {
      if (counter !== null) this.#receipts.acknowledge(node, counter, now);
    }
    // Off the poll's way, except for an object that knows nothing: an empty directory would put everybody out.
    if (!this.#network) await this.#learn(0);
    else if (now - this.#askedAt > CATCH_UP_MS) {
      this.ctx.waitUntil(this.#learn(Number.POSITIVE_INFINITY).catch(logged("mesh_not_caught_up")));
    }
    return this.#members.directory(known, this.#network?.state.poll_seconds ?? 30);
  }

  async config(node: string, base: string | null, rootVersion: number): Promise<ConfigAnswer | null> {
    const network = await this.#known();
    const row = this.#members.get(node);
    const proof = row && this.#members.proofOf(row);
    if (!row?.manifest || !proof || row.status !== "approved") return null;
    const update = planUpdate({
      node,
      base,
      proof,
      target: row.manifest,
      roots: network.rootsAfter(rootVersion),
      read: (hash) => this.#objects.read(hash),
    });
    if (!update.ok) throw new Error(`the object ${update.error.hash} is missing`);
    return {
      serial: serialOf(row),
      manifest: row.manifest,
      pollSeconds: network.state.poll_seconds,
      ...update.value,
    };
  }

  async object(node: string, hash: string): Promise<string | null> {
    const row = this.#members.get(node);
    if (!row?.manifest || row.status !== "approved") return null;
    if (!this.#objects.leadsTo(row.manifest, hash)) return null;
    const bytes = this.#objects.read(hash);
    return bytes ? base64url(bytes) : null;
  }

  async admitHandshake(node: string, made: SignedHandshake): Promise<HandshakeVerdict> {
    await this.#known();
    // A node that enrolled a moment ago: the notice of it may not have come.
    if (!this.#members.get(node)) await this.#learn(Number.POSITIVE_INFINITY);
    const row = this.#members.get(node);
    if (!row || row.status === "gone") return "unknown";
    if (row.status !== "approved") return row.status;
    const now = Date.now();
    const verdict = judgeHandshake(made, this.#members.knownHandshakes(row, made));
    this.#members.rememberHandshake(node, made, now);
    if (verdict !== "admitted") return verdict;
    this.#members.admitHandshake(node, made, now);
    this.#presence.mark([{ node, counter: null }], now);
    this.#ring();
    return verdict;
  }

  async handshakeOf(node: string): Promise<NewestHandshake> {
    const row = this.#members.get(node);
    return row ? newestHandshakeOf(row) : { counter: 0, madeAt: 0 };
  }

  async telemetry(node: string, report: CheckedReport): Promise<ReportVerdict> {
    const network = await this.#known();
    const row = this.#members.get(node);
    const facts = network.rows.get(node);
    if (row?.status !== "approved" || !facts) return { ok: false, reason: "unknown" };
    const before = this.#reports.get(node);
    const issue = this.#members.issueOf(row);
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
    const change = reportedChange(report, known, (name) => this.#idOf(network, name));
    const allowed = change ? this.#members.claimNews(row, report.receivedAt) : { ok: true as const };
    if (!allowed.ok) return { ok: false, reason: "too_often", waitMs: allowed.waitMs };
    const peers = visiblePeers(report, issue?.peers ?? []);
    this.ctx.storage.transactionSync(() => {
      this.#reports.put(node, report, peers, before);
      this.#presence.mark([{ node, counter: null }], report.receivedAt);
      const { applied } = report;
      if (applied) this.#receipts.acknowledge(node, applied.serial.counter, report.receivedAt);
    });
    return { ok: true, change };
  }

  async claimNews(node: string): Promise<number> {
    const row = this.#members.get(node);
    const allowed = row && this.#members.claimNews(row, Date.now());
    return allowed?.ok === false ? allowed.waitMs : 0;
  }

  async live(nodes: readonly string[]): Promise<Readonly<Record<string, LiveNode>>> {
    const network = await this.#known();
    const now = Date.now();
    return Object.fromEntries(nodes.map((node) => [node, this.#liveNode(network, node, now)]));
  }

  async map(): Promise<SegmentMap> {
    const network = await this.#known();
    const now = Date.now();
    const members = this.#members.all().filter(({ status }) => status === "approved");
    const shown = members.slice(0, MOST_MAPPED).flatMap(({ node }) => {
      const row = network.rows.get(node);
      return row ? [{ row, live: this.#liveNode(network, node, now) }] : [];
    });
    return segmentMap(
      shown.map(({ row, live }) => ({
        id: row.id,
        name: row.name,
        ipv4: factsOf(row, network.state.ipv6_prefix).ipv4,
        online: live.online,
        lastSeenAt: live.lastSeenAt,
      })),
      (node) => network.index.linksOf(node),
      (node) => this.#reports.get(node)?.peers ?? [],
      members.length > MOST_MAPPED,
    );
  }

  async holds(): Promise<readonly Hold[]> {
    await this.#known();
    return this.#holds.all();
  }

  async confirm(revision: number): Promise<boolean> {
    return this.#exclusive(async () => {
      const hold = this.#holds.all().find((held) => held.reason === "peer_loss");
      if (!this.#network || hold?.revision !== revision) return false;
      await this.#publisher.confirm(this.#network, await this.#onlineSigner(), Date.now());
      return true;
    });
  }

  async revocation(node: string): Promise<RevocationReceipt> {
    const network = await this.#known();
    return this.#receipts.receipt(node, Date.now(), (member) => network.rows.get(member)?.name ?? member);
  }

  /** Opens the socket of a node, after the Worker proved who asks. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
    const node = new URL(request.url).searchParams.get("node") ?? "";
    if (this.#members.get(node)?.status !== "approved") return new Response(null, { status: 403 });
    return this.#sockets.open(node);
  }

  /** Nodes have nothing to say here; pings are answered without waking the object. */
  override webSocketMessage(socket: WebSocket): void {
    socket.close(1008, "nothing is expected here");
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  override async alarm(): Promise<void> {
    await onAlarm(this.ctx.storage, async () => {
      const now = Date.now();
      if (now - this.#polledAt < POLLED_LATELY_MS) await this.#learn(Number.POSITIVE_INFINITY);
      await this.#endDue(await this.#known(), now);
      await this.#renew(now);
      if (now - this.#sweptAt >= SWEEP_MS) this.#sweep(now);
      this.#ring();
    });
  }

  /** Renews heads long before they expire, some at a time, so that nodes do not come for them all at once. */
  async #renew(now: number): Promise<void> {
    const nodes = this.#members.expiringBefore(now + RENEW_BEFORE_MS, RENEWALS_AT_ONCE);
    if (nodes.length === 0) return;
    await this.#exclusive(async () => {
      if (this.#network) await this.#publisher.renew(this.#network, nodes, await this.#onlineSigner(), now);
    });
  }

  /** Ends memberships whose date has come, and takes out ephemeral nodes that stayed away. */
  async #endDue(network: Network, now: number): Promise<void> {
    const due: { row: LightRow; action: string; statements: MeshStatement[] }[] = [];
    for (const row of this.#ownRows(network)) {
      if (row.ephemeral === 1 && this.#removalAt(row, now) <= now) {
        due.push({ row, action: "node.remove_absent", statements: removeNode(row.id, now) });
      } else if (row.expires_at !== null && row.expires_at <= now && row.status === "approved") {
        due.push({
          row,
          action: "node.expire",
          statements: [setStatus(row.id, ["approved"], "expired", now)],
        });
      }
    }
    if (due.length === 0) return;
    for (const { row, action, statements } of due.slice(0, 100)) {
      const entry = this.#entryOf(action, row, now);
      await this.env.DB.batch(meshChange(this.env.DB, [...statements, savePending(entry)]));
      // What the log is not told now it is told by the next who keeps house.
      await this.#record(entry).catch(logged("node_end_not_recorded"));
    }
    await this.#learn(Number.POSITIVE_INFINITY);
    // Who can't be told through the coordinator finds out by itself while its nodes poll.
    await this.#tellOthers(network).catch(logged("segments_not_told"));
  }

  #removalAt(row: LightRow, now: number): number {
    const heardAt = this.#sockets.heardAt(row.id, now) ?? 0;
    const absentAt = this.#presence.absentAt(row.id, row.created_at, EPHEMERAL_ABSENCE_MS);
    return Math.max(absentAt, heardAt + EPHEMERAL_ABSENCE_MS);
  }

  #entryOf(action: string, row: LightRow, now: number): EventEntry {
    const id = newId("audit", now, (length) => crypto.getRandomValues(new Uint8Array(length)));
    const detail = { name: row.name };
    return { kind: "system", id, at: now, actor: "system", action, target: row.id, detail };
  }

  async #record(entry: EventEntry): Promise<void> {
    const { AUDIT_LOG: audit, DB: db } = this.env;
    await objectOf(audit, "audit").append([entry]);
    await db.batch(prepareAll(db, [deletePending(entry.id)]));
  }

  /** Other segments hold peers of the nodes that ended. */
  async #tellOthers(network: Network): Promise<void> {
    const segments = new Set([...network.rows.values()].map((row) => row.segment_id));
    segments.delete(this.ctx.id.name ?? "");
    const coordinator = objectOf(this.env.NETWORK_COORDINATOR, "network");
    await coordinator.tellMesh(network.state.revision, [...segments]);
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    this.ctx.storage.transactionSync(() => {
      this.#members.sweep();
      this.#objects.sweep(now);
      this.#receipts.sweep(now);
      this.#reports.sweep();
    });
  }

  #ring(): void {
    const now = Date.now();
    const expiry = this.#members.nextExpiry();
    const rows = this.#network ? [...this.#ownRows(this.#network)] : [];
    const ends = rows.flatMap((row) => [
      ...(row.status === "approved" && row.expires_at !== null ? [row.expires_at] : []),
      ...(row.ephemeral === 1 ? [this.#removalAt(row, now)] : []),
    ]);
    const soonest = ends.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
    ringAt(this.ctx.storage, [
      now - this.#polledAt < POLLED_LATELY_MS ? now + CATCH_UP_MS : null,
      expiry === null ? null : Math.max(expiry - RENEW_BEFORE_MS, now + BETWEEN_RENEWALS_MS),
      Math.max(soonest, now + BETWEEN_RENEWALS_MS),
      rows.length > 0 ? this.#sweptAt + SWEEP_MS : null,
    ]);
  }

  /** The network as it was known at last; reads it where this object knows nothing yet. */
  async #known(): Promise<Network> {
    if (!this.#network) await this.#learn(0);
    if (!this.#network) throw new Error("the mesh was never used");
    return this.#network;
  }

  /** Learns at least a revision, one call after the other, and publishes what it changed. */
  #learn(revision: number): Promise<void> {
    return this.#exclusive(async () => {
      if (this.#network && this.#network.state.revision >= revision) return;
      const now = Date.now();
      try {
        const known = this.#network;
        const affected = known ? await known.catchUp(this.env.DB) : null;
        const network = known ?? (await Network.load(this.env.DB));
        this.#askedAt = now;
        if (!network) return;
        await this.#publisher.apply(network, affected, await this.#onlineSigner(), now);
        this.#network = network;
      } catch (error) {
        // What is in memory may be ahead of what was stored: begin anew.
        this.#network = null;
        throw error;
      }
    });
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work, work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Its cryptography is loaded here, so that Workers that serve no mesh start without it. */
  async #onlineSigner(): Promise<EnvelopeSigner> {
    if (this.#signer) return this.#signer;
    const { createCryptoProvider } = await import("../shared/crypto/provider.ts");
    const { onlineSigner } = await import("../shared/node/hub-keys.ts");
    this.#signer = await onlineSigner(
      await createCryptoProvider({
        subtle: crypto.subtle,
        random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      }),
      this.env.SECRET_KEY,
    );
    return this.#signer;
  }

  *#ownRows(network: Network): Iterable<LightRow> {
    for (const row of network.rows.values()) if (row.segment_id === this.ctx.id.name) yield row;
  }

  #liveNode(network: Network, node: string, now: number): LiveNode {
    const heardAt = this.#sockets.heardAt(node, now);
    const seenAt = this.#presence.lastSeen(node);
    return liveNode(this.#reports.get(node), {
      online: heardAt !== null || this.#presence.isOnline(node, network.state.poll_seconds, now),
      lastSeenAt: heardAt === null ? seenAt : Math.max(heardAt, seenAt ?? 0),
      etag: this.#members.get(node)?.etag ?? null,
      peers: network.index.linksOf(node).length,
      now,
    });
  }

  #idOf(network: Network, reference: string): string | null {
    if (network.rows.has(reference)) return reference;
    for (const row of network.rows.values()) if (row.name === reference) return row.id;
    return null;
  }

  #forget(node: string, status: MemberRow["status"]): void {
    this.#sockets.close(node);
    this.#presence.forget(node);
    if (status === "gone") this.#reports.forget(node);
  }
}

const logged = (event: string) => (error: unknown) => logError(event, error);
