import type { ObjectsOf } from "../../shared/base/objects.ts";
import { objectOf } from "../../shared/base/objects.ts";
import { type EdgeRelayRpc, edgePair } from "../../shared/edge/edge-relay.ts";
import { LEASE_MS } from "../../shared/edge/limits.ts";
import type { Network } from "../../shared/node/mesh/network.ts";
import { logError } from "../log.ts";

/** What the edge relay carried for a node since it enrolled. */
export interface EdgeUse {
  readonly bytes: number;
  /** Milliseconds since the Unix epoch. */
  readonly lastAt: number;
}

/** The pairs that go through the edge relay, as far as one of their ends is of this segment, and what they carry. */
export class Edges {
  readonly #sql: SqlStorage;
  readonly #relays: ObjectsOf<EdgeRelayRpc>;

  constructor(sql: SqlStorage, relays: ObjectsOf<EdgeRelayRpc>) {
    this.#sql = sql;
    this.#relays = relays;
  }

  /** Notes what was carried, and says whether the node may go on sending to the peer. */
  lease(network: Network, node: string, peer: string, bytes: number, now: number): boolean {
    if (bytes > 0)
      this.#sql.exec(
        `INSERT INTO edge_use (node, bytes, last_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (node) DO UPDATE SET bytes = bytes + ?2, last_at = ?3`,
        node,
        bytes,
        now,
      );
    const allowed = network.mayUseEdge(node, peer);
    if (allowed)
      this.#sql.exec(
        "INSERT INTO edge_leases (node, peer, until) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET until = ?3",
        node,
        peer,
        now + LEASE_MS,
      );
    return allowed;
  }

  /** Parts the pairs that may not speak with each other any more, once the network has changed. */
  async part(network: Network, now: number): Promise<void> {
    this.#sql.exec("DELETE FROM edge_leases WHERE until <= ?", now);
    const leased = this.#sql
      .exec<{ node: string; peer: string }>("SELECT node, peer FROM edge_leases")
      .toArray();
    const ended = leased.filter(({ node, peer }) => !network.mayUseEdge(node, peer));
    await Promise.all(
      ended.map(async ({ node, peer }) => {
        this.#sql.exec("DELETE FROM edge_leases WHERE node = ? AND peer = ?", node, peer);
        // A relay that can't be told asks by itself, at the latest when its lease ends.
        const parted = objectOf(this.#relays, edgePair(node, peer)).part();
        await parted.catch((error: unknown) => logError("edge_not_parted", error, { node }));
      }),
    );
  }

  use(node: string): EdgeUse | null {
    const query = "SELECT bytes, last_at AS lastAt FROM edge_use WHERE node = ?";
    return this.#sql.exec<{ bytes: number; lastAt: number }>(query, node).toArray()[0] ?? null;
  }

  forget(node: string): void {
    this.#sql.exec("DELETE FROM edge_use WHERE node = ?", node);
  }
}
