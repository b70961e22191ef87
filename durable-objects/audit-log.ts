import { DurableObject } from "cloudflare:workers";
import { EXPLAIN_WITHIN_MS, type Hit, type UnexplainedHits } from "../shared/audit/hits.ts";
import { encodeVerificationKey } from "../shared/audit/note.ts";
import type {
  AuditEntry,
  AuditLogRpc,
  AuditPage,
  AuditQuery,
  AuditRow,
  AuditSlice,
  AuditSliceQuery,
  Checkpoint,
  Decider,
  DecisionTexts,
  StatsBucket,
} from "../shared/audit/types.ts";
import { base64 } from "../shared/base/base64.ts";
import { newId } from "../shared/base/ids.ts";
import { consistencyPath, inclusionPath, type LeafRange, rangeHash } from "../shared/merkle/tree.ts";
import { indexOlder, unindexedBelow } from "./audit/backfill.ts";
import { countDeciders, readDeciders } from "./audit/deciders.ts";
import { decisionTexts } from "./audit/decisions.ts";
import { appendEntries, type PlacedEntry } from "./audit/entries.ts";
import { insertFacets } from "./audit/facets.ts";
import { acceptFollower, tellFollowers } from "./audit/followers.ts";
import { dropUnexplained, nextHitsDue, takeHits, unexplainedNow, unexplainedSince } from "./audit/hits.ts";
import { addToMinutes, readStats } from "./audit/minutes.ts";
import { readNode, treeSize } from "./audit/nodes.ts";
import { findEntry, leafTexts, slicedEntries } from "./audit/query.ts";
import { deliverToIndex, noteForIndex } from "./audit/registry-index.ts";
import { dropOldTexts } from "./audit/retention.ts";
import { AUDIT_STEPS } from "./audit/schema.ts";
import { searchEntries } from "./audit/search.ts";
import { CheckpointSigner } from "./audit/signer.ts";
import { logError } from "./log.ts";
import { migrate } from "./storage/migrate.ts";

interface AuditEnv {
  readonly DB: D1Database;
  readonly HUB_ORIGIN: string;
}

const DELIVERY_DELAY_MS = 1_000;
const RETRY_DELAY_MS = 30_000;
const DAY_MS = 86_400_000;

/** The one audit log: an append-only Merkle log of decisions and events. Its name is `audit`. */
export class AuditLog extends DurableObject<AuditEnv> implements AuditLogRpc {
  readonly #sql: SqlStorage;
  readonly #signer: CheckpointSigner;

  constructor(ctx: DurableObjectState, env: AuditEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#signer = new CheckpointSigner(this.#sql, () => `${new URL(env.HUB_ORIGIN).host}/audit`);
    migrate(this.#sql, AUDIT_STEPS);
    if (unindexedBelow(this.#sql) > 0) void ctx.blockConcurrencyWhile(() => this.#wakeWithin(0));
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async append(entries: readonly AuditEntry[]): Promise<{ size: number }> {
    const hasEvents = entries.some(({ kind }) => kind !== "decision");
    await this.#wakeWithin(hasEvents ? DELIVERY_DELAY_MS : DAY_MS);
    const placed = this.ctx.storage.transactionSync(() => this.#place(entries));
    tellFollowers(this.ctx, placed);
    return { size: treeSize(this.#sql) };
  }

  /** Puts entries into the log and into all that is counted of it. Call it inside a transaction. */
  #place(entries: readonly AuditEntry[]): readonly PlacedEntry[] {
    const placed = appendEntries(this.#sql, entries);
    const fresh = placed.map(({ entry }) => entry);
    addToMinutes(this.#sql, fresh);
    countDeciders(this.#sql, fresh);
    insertFacets(this.#sql, placed);
    noteForIndex(this.#sql, placed);
    return placed;
  }

  async query(query: AuditQuery): Promise<AuditPage> {
    return searchEntries(this.#sql, query);
  }

  async get(id: string): Promise<AuditRow | null> {
    return findEntry(this.#sql, id);
  }

  async checkpoint(): Promise<Checkpoint> {
    return this.#signer.checkpoint(Date.now());
  }

  async publicKey(): Promise<{ vkey: string; raw: string }> {
    const key = await this.#signer.publicKey();
    return { vkey: encodeVerificationKey(key), raw: base64(key.publicKey) };
  }

  async inclusionProof(leaf: number, size: number): Promise<{ leafHash: string; proof: string[] }> {
    this.#requireHeld(size);
    const proof = this.#hashes(inclusionPath(leaf, size));
    return { leafHash: base64(readNode(this.#sql)(0, leaf)), proof };
  }

  async consistencyProof(first: number, second: number): Promise<string[]> {
    this.#requireHeld(second);
    return this.#hashes(consistencyPath(first, second));
  }

  async leaves(from: number, to: number): Promise<string[]> {
    return leafTexts(this.#sql, from, to);
  }

  async slice(query: AuditSliceQuery): Promise<AuditSlice> {
    // Counted before the rows are read: what comes meanwhile is not passed over.
    const until = query.until ?? treeSize(this.#sql) - 1;
    return { rows: slicedEntries(this.#sql, query), until };
  }

  async stats(from: number, to: number, stepMs: number): Promise<StatsBucket[]> {
    return readStats(this.#sql, from, to, stepMs);
  }

  async decisions(since: number, until: number, before: number | null): Promise<DecisionTexts> {
    return decisionTexts(this.#sql, since, until, before);
  }

  async deciders(since: number): Promise<{ countedSince: number; deciders: Decider[] }> {
    return readDeciders(this.#sql, since);
  }

  async reconcile(node: string, hits: readonly Hit[]): Promise<void> {
    const now = Date.now();
    const waits = this.ctx.storage.transactionSync(() => takeHits(this.#sql, node, hits, now));
    if (waits) await this.#wakeWithin(EXPLAIN_WITHIN_MS);
  }

  async unexplainedHits(since: number): Promise<UnexplainedHits[]> {
    return unexplainedSince(this.#sql, since);
  }

  override async fetch(request: Request): Promise<Response> {
    return acceptFollower(this.ctx, request);
  }

  /** Followers have nothing to say. */
  override async webSocketMessage(socket: WebSocket): Promise<void> {
    socket.close(1008, "this socket only sends");
  }

  /** Delivers to the registry's index, drops what is too old, and makes older entries known to the search. Never throws: it comes again instead. */
  override async alarm(): Promise<void> {
    let delay = DAY_MS;
    try {
      // Before what needs the registry, which may be away.
      delay = this.#raiseUnexplained();
      const moreToDrop = dropOldTexts(this.#sql, Date.now(), this.#sql.databaseSize);
      const moreToDeliver = await deliverToIndex(this.#sql, this.env.DB);
      if (moreToDrop || moreToDeliver) delay = Math.min(delay, DELIVERY_DELAY_MS);
      if (this.ctx.storage.transactionSync(() => indexOlder(this.#sql))) delay = 0;
    } catch (error) {
      logError("audit_index_not_updated", error);
      delay = RETRY_DELAY_MS;
    }
    await this.#wakeWithin(delay);
  }

  /** Records what agents passed on without a decision. @returns After how many milliseconds to look again. */
  #raiseUnexplained(): number {
    const now = Date.now();
    const id = () => newId("audit", now, (length) => crypto.getRandomValues(new Uint8Array(length)));
    const placed = this.ctx.storage.transactionSync(() => {
      dropUnexplained(this.#sql, now);
      return this.#place(unexplainedNow(this.#sql, now, id));
    });
    tellFollowers(this.ctx, placed);
    if (placed.length > 0) return DELIVERY_DELAY_MS;
    const due = nextHitsDue(this.#sql);
    return due === null ? DAY_MS : Math.max(0, due - now);
  }

  /** An alarm that is set for sooner stays. */
  async #wakeWithin(delayMs: number): Promise<void> {
    const due = Date.now() + delayMs;
    const present = await this.ctx.storage.getAlarm();
    if (present === null || present > due) await this.ctx.storage.setAlarm(due);
  }

  #hashes(path: readonly LeafRange[]): string[] {
    const read = readNode(this.#sql);
    return path.map((range) => base64(rangeHash(range, read)));
  }

  #requireHeld(size: number): void {
    if (size > treeSize(this.#sql)) throw new RangeError(`the log does not have ${size} leaves yet`);
  }
}
