import type { nodes } from "../../shared/registry/mesh-schema.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import type { Bindings } from "../platform/env.ts";
import { meshObject } from "../platform/objects.ts";

type EndedRow = Pick<RowOf<typeof nodes>, "id" | "name" | "revision"> & { readonly ended_at: number };

const MOST_NAMED = 100;

/**
 * How many peers have dropped a node that is not a member any more, which peers have not, and until when those may
 * still know the node. Null while the node is a member.
 */
export async function receiptOf(bindings: Bindings, reference: string) {
  const ended = await bindings.db
    .prepare(
      `SELECT id, name, ended_revision AS revision, ended_at FROM nodes
       WHERE (id = ?1 OR name = ?1) AND ended_revision IS NOT NULL
       UNION ALL SELECT node_id, node_name, revision, ended_at FROM address_holds WHERE node_id = ?1 OR node_name = ?1
       ORDER BY revision DESC LIMIT 1`,
    )
    .bind(reference)
    .first<EndedRow>();
  if (!ended) return null;
  const { results } = await bindings.db
    .prepare("SELECT segment_id AS id FROM nodes UNION SELECT segment_id FROM address_holds")
    .all<{ id: string }>();
  const receipts = await Promise.all(results.map(({ id }) => meshObject(bindings, id).revocation(ended.id)));
  const sum = (count: (receipt: (typeof receipts)[number]) => number) =>
    receipts.reduce((total, receipt) => total + count(receipt), 0);
  const newest = (time: (receipt: (typeof receipts)[number]) => number | null) => {
    const times = receipts.map(time).filter((at) => at !== null);
    return times.length > 0 ? Math.max(...times) : null;
  };
  const last = newest((receipt) => receipt.lastAcknowledgedAt);
  return {
    node: ended.id,
    name: ended.name,
    revision: ended.revision,
    revokedAt: ended.ended_at,
    concerned: sum((receipt) => receipt.concerned),
    acknowledged: sum((receipt) => receipt.acknowledged),
    acknowledgedWithinMs: last === null ? null : Math.max(0, last - ended.ended_at),
    pending: receipts.flatMap((receipt) => receipt.pending).slice(0, MOST_NAMED),
    goneAt: newest((receipt) => receipt.goneAt),
  };
}
