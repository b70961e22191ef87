import type { StatedFact } from "../../shared/access/device/device.ts";
import { isId } from "../../shared/base/ids.ts";
import type { LiveNode } from "../../shared/node/segment-mesh.ts";
import { ipv4At, ipv6At } from "../../shared/registry/addresses.ts";
import type { nodes } from "../../shared/registry/mesh-schema.ts";
import { STATED } from "../../shared/registry/node-facts.ts";
import { STANDING } from "../../shared/registry/node-rows.ts";
import type { NodeStatus } from "../../shared/registry/node-status.ts";
import type { RowOf } from "../../shared/registry/rows.ts";

/** A node in the form in which the admin API reads it. */
export type NodeRow = Omit<
  RowOf<typeof nodes>,
  "user_id" | "claims" | "country" | "handshake_floor" | "handshake_floor_made" | "revision" | LongKeys
> & {
  /** The status in the table. `status` is the status that everybody is told (see `STANDING`). */
  readonly own_status: NodeStatus;
  readonly segment: string;
  readonly user: string | null;
  /** A JSON list. */
  readonly approved_routes: string;
  /** A JSON list of `StatedFact`. */
  readonly stated: string;
  /** Why signals keep it in quarantine: a JSON list of `TRANSMITTER: EVENT`. */
  readonly held_by: string;
};
type LongKeys = "kem_hash" | "record_hash" | "signing_key" | "kem_key";

/** Selects the columns of `NodeRow`, which leaves out the long keys. */
export const SELECT_NODE = `SELECT n.id, n.name, ${STANDING} AS status, n.status AS own_status, n.segment_id, s.name AS segment, n.tags, u.email AS user,
  n.address_index, n.hostname, n.ephemeral, n.enrolment_key_id, n.offered_routes,
  (SELECT json_group_array(prefix) FROM node_routes r WHERE r.node_id = n.id) AS approved_routes,
  ${STATED} AS stated,
  (SELECT json_group_array(t.name || ': ' || q.reason) FROM signal_quarantines q
    JOIN signal_transmitters t ON t.id = q.transmitter_id WHERE q.node_id = n.id AND q.holds = 1) AS held_by,
  n.endpoints, n.exit_node, n.relay, n.expires_at, n.facts, n.contained, n.ended_revision, n.ended_at, n.signing_hash, n.wireguard_key,
  n.version, n.created_at, n.updated_at
  FROM nodes n JOIN segments s ON s.id = n.segment_id LEFT JOIN users u ON u.id = n.user_id`;

/** The node with this id or name. */
export function nodeRow(db: D1Database, reference: string): Promise<NodeRow | null> {
  const column = isId("node", reference) ? "id" : "name";
  return db.prepare(`${SELECT_NODE} WHERE n.${column} = ?`).bind(reference).first<NodeRow>();
}

/** Why the node is not a member, and what an administrator can do about it. Null for a member. */
export function statusDetail({ name, status, own_status, user, contained, held_by }: NodeRow): string | null {
  switch (status) {
    case "approved":
      return null;
    case "pending":
      return `It waits for approval: rustronaut nodes approve ${name}`;
    case "expired":
      return `Its membership has ended. To let it in again: rustronaut nodes approve ${name}`;
    case "revoked":
      return "It was put out for good. To come back it must enrol anew with a new key.";
    case "quarantined":
      if (contained === 1) {
        const signals = signalsHolding({ contained, held_by });
        const held =
          signals.length === 0
            ? ""
            : ` Signals put it there (${signals.join(", ")}), and may let it out. To keep it in even so: rustronaut nodes quarantine ${name}.`;
        return `It reaches only the hub, and what rules let \`quarantine\` reach.${held} To let it back in: rustronaut nodes release ${name}`;
      }
      return own_status === "approved"
        ? `Its owner ${user} is disabled. To let it in again: rustronaut users update ${user} --status active`
        : `Two machines used its state. Make sure that only one holds its keys, then: rustronaut nodes release ${name}`;
  }
}

/** The signals that may let a node out. Of one of which there is a copy, a person decides. */
export const signalsHolding = ({ contained, held_by }: Pick<NodeRow, "contained" | "held_by">): string[] =>
  contained === 1 ? list(held_by).sort() : [];

const list = (text: string): string[] => JSON.parse(text) as string[];

export const viewNode = (row: NodeRow, ipv6Prefix: string, live: LiveNode | null) => ({
  id: row.id,
  name: row.name,
  status: row.status,
  statusDetail: statusDetail(row),
  segmentId: row.segment_id,
  segment: row.segment,
  tags: list(row.tags),
  user: row.user,
  ipv4: ipv4At(row.address_index),
  ipv6: ipv6At(ipv6Prefix, row.address_index),
  hostname: row.hostname,
  ephemeral: row.ephemeral === 1,
  enrolmentKeyId: row.enrolment_key_id,
  offeredRoutes: list(row.offered_routes),
  approvedRoutes: list(row.approved_routes).sort(),
  endpoints: list(row.endpoints),
  exitNode: row.exit_node,
  relay: row.relay,
  expiresAt: row.expires_at,
  facts: JSON.parse(row.facts) as Record<string, string>,
  contained: row.contained === 1,
  heldBySignals: signalsHolding(row),
  identity: row.signing_hash,
  wireguardKey: row.wireguard_key,
  stated: JSON.parse(row.stated) as StatedFact[],
  live: live && { ...live, leftOut: [...live.leftOut] },
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
