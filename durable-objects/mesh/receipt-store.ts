import type { MeshEvent } from "../../shared/node/mesh/view.ts";
import type { RevocationReceipt } from "../../shared/node/segment-mesh.ts";

const MOST_NAMED = 100;
const KEEP_MS = 7 * 86_400_000;

/** The members that had a node as a peer when the node ceased to be a member, and which of them have dropped it. */
export class ReceiptStore {
  readonly #sql: SqlStorage;
  /** The number of open acknowledgements. It is mostly 0, and then polls need no look-up. */
  #open: number;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#open = this.#count();
  }

  /** Notes that members were told to drop nodes. */
  addAll(revoked: readonly Extract<MeshEvent, { type: "revoked" }>[]): void {
    if (revoked.length === 0) return;
    for (const { node, member, counter, leaseEndsAt } of revoked) {
      this.#sql.exec(
        `INSERT INTO revocations (node, member, counter, lease_ends_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (node, member) DO UPDATE SET counter = excluded.counter, lease_ends_at = excluded.lease_ends_at,
           acknowledged_at = NULL`,
        node,
        member,
        counter,
        leaseEndsAt,
      );
    }
    this.#open = this.#count();
  }

  /** Notes that the member has applied the config with this counter. */
  acknowledge(member: string, counter: number, now: number): void {
    if (this.#open === 0) return;
    const acknowledged = this.#sql.exec(
      `UPDATE revocations SET acknowledged_at = ?
       WHERE member = ? AND counter <= ? AND acknowledged_at IS NULL RETURNING node`,
      now,
      member,
      counter,
    );
    this.#open -= acknowledged.toArray().length;
  }

  receipt(node: string, now: number, nameOf: (node: string) => string): RevocationReceipt {
    const rows = this.#sql
      .exec<{ member: string; lease_ends_at: number; acknowledged_at: number | null }>(
        "SELECT member, lease_ends_at, acknowledged_at FROM revocations WHERE node = ? ORDER BY lease_ends_at DESC",
        node,
      )
      .toArray();
    const acknowledged = rows.flatMap(({ acknowledged_at: at }) => (at === null ? [] : [at]));
    const pending = rows.filter((row) => row.acknowledged_at === null && row.lease_ends_at > now);
    return {
      concerned: rows.length,
      acknowledged: acknowledged.length,
      lastAcknowledgedAt: acknowledged.length > 0 ? Math.max(...acknowledged) : null,
      pending: pending.slice(0, MOST_NAMED).map(({ member, lease_ends_at }) => ({
        node: member,
        name: nameOf(member),
        leaseEndsAt: lease_ends_at,
      })),
      goneAt: pending[0]?.lease_ends_at ?? null,
    };
  }

  sweep(now: number): void {
    this.#sql.exec("DELETE FROM revocations WHERE lease_ends_at < ?", now - KEEP_MS);
    this.#open = this.#count();
  }

  #count(): number {
    const query = "SELECT count(*) AS open FROM revocations WHERE acknowledged_at IS NULL";
    return this.#sql.exec<{ open: number }>(query).one().open;
  }
}
