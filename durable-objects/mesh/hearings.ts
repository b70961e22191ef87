import { type ObjectsOf, objectOf } from "../../shared/base/objects.ts";
import { HEARD_MS, type HeardAt, type Hearing, heardAt } from "../../shared/node/hearing.ts";
import type { Network } from "../../shared/node/mesh/network.ts";
import { isAlive } from "../../shared/node/report.ts";
import type { CheckedReport, SegmentMeshRpc } from "../../shared/node/segment-mesh.ts";
import { reportedEndpoints } from "../../shared/registry/node-rows.ts";
import { logError } from "../log.ts";

/** Where peers hear the nodes of this segment, by their own words. */
export class Hearings {
  readonly #sql: SqlStorage;
  readonly #segments: ObjectsOf<Pick<SegmentMeshRpc, "heard">>;

  constructor(sql: SqlStorage, segments: ObjectsOf<Pick<SegmentMeshRpc, "heard">>) {
    this.#sql = sql;
    this.#segments = segments;
  }

  /** Tells the objects of the peers' segments what one of its nodes says. What is lost is said again. */
  async tell(network: Network, observer: string, hearings: readonly Hearing[], own: string): Promise<void> {
    const bySegment = Map.groupBy(hearings, ({ node }) => network.row(node)?.segment_id ?? "");
    bySegment.delete("");
    await Promise.all(
      [...bySegment].map(async ([segment, some]) => {
        if (segment === own) return this.note(observer, some, Date.now());
        const told = objectOf(this.#segments, segment).heard(observer, some);
        await told.catch((error: unknown) => logError("hearing_not_told", error, { observer }));
      }),
    );
  }

  note(observer: string, hearings: readonly Hearing[], now: number): void {
    this.#sql.exec("DELETE FROM hearings WHERE at < ?", now - HEARD_MS);
    for (const { node, endpoint } of hearings)
      this.#sql.exec(
        `INSERT INTO hearings (node, observer, endpoint, since, at) VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT (node, observer) DO UPDATE SET
           since = iif(endpoint = ?3, since, ?4), endpoint = ?3, at = ?4`,
        node,
        observer,
        endpoint,
        now,
      );
  }

  /** Where a node is heard that reports. @param report Its peers are those that it may have. */
  of(
    network: Network,
    node: string,
    { peers, receivedAt, endpoints }: Pick<CheckedReport, "peers" | "receivedAt" | "endpoints">,
  ): HeardAt[] {
    const row = network.row(node);
    const words = this.#sql
      .exec<{ observer: string; endpoint: string }>(
        "SELECT observer, endpoint FROM hearings WHERE node = ? AND at >= ? ORDER BY since, observer",
        node,
        receivedAt - HEARD_MS,
      )
      .toArray();
    if (words.length === 0) return [];
    return heardAt(words, {
      endpoints: endpoints ?? (row ? reportedEndpoints(row) : []),
      hears: new Set(peers.filter((peer) => isAlive(peer, receivedAt)).map((peer) => peer.node)),
    });
  }

  forget(node: string): void {
    this.#sql.exec("DELETE FROM hearings WHERE node = ?1 OR observer = ?1", node);
  }
}
