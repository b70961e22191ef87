import { type Allowed, takeAllowance } from "../../shared/node/allowance.ts";
import { formatTag } from "../../shared/node/config/serial.ts";
import type { Tick } from "../../shared/node/config/tick.ts";
import type { Serial, SignedLeaf } from "../../shared/node/config/types.ts";
import type { NewestHandshake } from "../../shared/node/handshake-verdict.ts";
import type { MeshEvent, NodeIssue } from "../../shared/node/mesh/view.ts";
import type { Issue } from "../../shared/node/plan-tick.ts";
import type { Directory, DirectoryEntry, MemberStatus } from "../../shared/node/segment-mesh.ts";
import { raiseMeta, readMeta } from "../storage/meta.ts";

export interface MemberRow {
  node: string;
  status: MemberStatus;
  etag: string | null;
  manifest: string | null;
  peers: string;
  epoch: number;
  root_version: number;
  counter: number;
  head: number | null;
  leaf: string | null;
  leaf_index: number | null;
  path: string | null;
  head_expires_at: number | null;
  waiting: number;
  handshake: number;
  handshake_made: number;
  floor_made: number;
  told_until: number;
  handshake_at: number | null;
  capability: number;
  seen_at: number | null;
  [column: string]: SqlStorageValue;
}

/**
 * The names of two numbers in `meta`. The clock is the version of the directory. The floor is the least version that an
 * isolate may know for a partial answer, since the nodes that left before it are forgotten.
 */
const CLOCK = "directory_clock";
const FLOOR = "directory_floor";

/** The nodes of the segment, and what each was last given. */
export class MemberStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(node: string): MemberRow | null {
    return this.#sql.exec<MemberRow>("SELECT * FROM members WHERE node = ?", node).toArray()[0] ?? null;
  }

  all(): string[] {
    return this.#nodes("SELECT node FROM members");
  }

  isEmpty(): boolean {
    return this.#nodes("SELECT node FROM members LIMIT 1").length === 0;
  }

  approved(): string[] {
    return this.#nodes("SELECT node FROM members WHERE status = 'approved'");
  }

  /** Notes the standing of a member. What the member was given is cleared when it is no member any more. */
  stand({ node, status, newest, floorMade }: Extract<MeshEvent, { type: "stands" }>): void {
    this.#sql.exec(
      `INSERT INTO members (node, status, changed, handshake, handshake_made, floor_made) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
       ON CONFLICT (node) DO UPDATE SET status = ?2, changed = ?3, handshake = ?4, handshake_made = ?5, floor_made = ?6`,
      node,
      status,
      this.#tick(),
      newest.counter,
      newest.madeAt,
      floorMade,
    );
    if (status === "approved") return;
    this.#sql.exec(
      "UPDATE members SET etag = NULL, manifest = NULL, peers = '[]', head_expires_at = NULL, waiting = 0 WHERE node = ?",
      node,
    );
  }

  issueOf(row: MemberRow | null): Issue | null {
    return row?.manifest ? { manifest: row.manifest, peers: JSON.parse(row.peers) as string[] } : null;
  }

  /** Stores the issues of a tick with their proofs. */
  publish(issues: readonly NodeIssue[], tick: Tick): void {
    const { serial, expiresAt } = tick.document;
    this.#sql.exec(
      "INSERT INTO heads (id, envelope, expires_at) VALUES (?, ?, ?)",
      serial.counter,
      tick.head,
      expiresAt,
    );
    const changed = this.#tick();
    for (const { node, issue } of issues) {
      const proof = tick.proofs.get(node);
      if (!proof) throw new Error("a tick proves every issue of its own");
      this.#sql.exec(
        `UPDATE members SET changed = ?, etag = ?, manifest = ?, peers = ?, epoch = ?, root_version = ?, counter = ?,
           head = ?, leaf = ?, leaf_index = ?, path = ?, head_expires_at = ? WHERE node = ?`,
        changed,
        formatTag({ serial, manifest: issue.manifest }),
        issue.manifest,
        JSON.stringify(issue.peers),
        serial.epoch,
        serial.rootVersion,
        serial.counter,
        serial.counter,
        proof.leaf,
        proof.index,
        JSON.stringify(proof.path),
        expiresAt,
        node,
      );
    }
  }

  proofOf(row: MemberRow): SignedLeaf | null {
    const [head] = this.#sql
      .exec<{ envelope: string }>("SELECT envelope FROM heads WHERE id = ?", row.head)
      .toArray();
    if (!head || row.leaf === null || row.leaf_index === null || row.path === null) return null;
    return {
      head: head.envelope,
      leaf: row.leaf,
      index: row.leaf_index,
      path: JSON.parse(row.path) as string[],
    };
  }

  setWaiting(nodes: readonly string[], waiting: boolean): void {
    for (const node of nodes) {
      this.#sql.exec("UPDATE members SET waiting = ? WHERE node = ?", Number(waiting), node);
    }
  }

  waiting(): string[] {
    return this.#nodes("SELECT node FROM members WHERE waiting = 1");
  }

  /** Approved members whose head expires before the time, or that have no head. */
  expiringBefore(time: number, limit: number): string[] {
    return this.#nodes(
      `SELECT node FROM members WHERE status = 'approved' AND coalesce(head_expires_at, 0) < ?
       ORDER BY coalesce(head_expires_at, 0) LIMIT ?`,
      time,
      limit,
    );
  }

  nextExpiry(): number | null {
    const rows = this.#sql.exec<{ at: number }>(
      `SELECT head_expires_at AS at FROM members WHERE status = 'approved' AND head_expires_at IS NOT NULL
       ORDER BY head_expires_at LIMIT 1`,
    );
    return rows.toArray()[0]?.at ?? null;
  }

  /** Takes one from the member's allowance for news that its peers must hear. */
  claimNews(row: MemberRow, now: number): Allowed {
    const allowed = takeAllowance(row.told_until, now);
    if (allowed.ok) {
      this.#sql.exec("UPDATE members SET told_until = ? WHERE node = ?", allowed.wholeAt, row.node);
    }
    return allowed;
  }

  markSeen(node: string, at: number): void {
    this.#sql.exec("UPDATE members SET seen_at = max(coalesce(seen_at, 0), ?) WHERE node = ?", at, node);
  }

  seenTimes(): Map<string, number> {
    const rows = this.#sql.exec<{ node: string; seen_at: number }>(
      "SELECT node, seen_at FROM members WHERE seen_at IS NOT NULL",
    );
    return new Map(rows.toArray().map(({ node, seen_at }) => [node, seen_at]));
  }

  /** The version of the directory. It grows with each change of the directory. */
  get version(): number {
    return readMeta(this.#sql, CLOCK);
  }

  /** The changes that an isolate does not know if it knows the directory up to `known`. */
  directory(known: number, pollSeconds: number): Directory {
    const full = known < readMeta(this.#sql, FLOOR) || known === 0 || known > this.version;
    const rows = this.#sql
      .exec<Pick<MemberRow, "node" | "status" | "etag">>(
        "SELECT node, status, etag FROM members WHERE changed > ?",
        full ? -1 : known,
      )
      .toArray();
    const entries = rows.flatMap(({ node, status, etag }): DirectoryEntry[] =>
      status === "gone" ? [] : [{ node, status, etag }],
    );
    const removed = rows.flatMap(({ node, status }) => (status === "gone" ? [node] : []));
    return { version: this.version, full, entries, removed, pollSeconds };
  }

  /** Forgets the nodes that are gone, and heads that no member uses. */
  sweep(): void {
    const { floor } = this.#sql
      .exec<{ floor: number | null }>("SELECT max(changed) AS floor FROM members WHERE status = 'gone'")
      .one();
    if (floor !== null) raiseMeta(this.#sql, FLOOR, floor);
    this.#sql.exec("DELETE FROM members WHERE status = 'gone'");
    this.#sql.exec("DELETE FROM heads WHERE id NOT IN (SELECT head FROM members WHERE head IS NOT NULL)");
  }

  get lastCounter(): number {
    return readMeta(this.#sql, "counter");
  }

  set lastCounter(counter: number) {
    raiseMeta(this.#sql, "counter", counter);
  }

  #tick(): number {
    const next = this.version + 1;
    raiseMeta(this.#sql, CLOCK, next);
    return next;
  }

  #nodes(query: string, ...values: SqlStorageValue[]): string[] {
    return this.#sql
      .exec<{ node: string }>(query, ...values)
      .toArray()
      .map(({ node }) => node);
  }
}

export const newestHandshakeOf = (row: MemberRow): NewestHandshake => ({
  counter: row.handshake,
  madeAt: row.handshake_made,
});

export const serialOf = (row: MemberRow): Serial => ({
  epoch: row.epoch,
  rootVersion: row.root_version,
  counter: row.counter,
});
