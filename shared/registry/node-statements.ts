import { ALLOWANCE } from "../node/allowance.ts";
import { RELEASED } from "../node/handshake-verdict.ts";
import { ADDRESS_COUNT, ADDRESS_REST_MS } from "./addresses.ts";
import { MeshStatement, REVISION, type Statement } from "./mesh-change.ts";
import type { nodes } from "./mesh-schema.ts";
import type { NodeStatus } from "./node-status.ts";
import type { RowOf } from "./rows.ts";

/**
 * SQL for the nodes in the registry. The hub and the objects of segments run it, always as one batch by
 * `meshChange`.
 */

type NodeRow = RowOf<typeof nodes>;
/** The columns of a node that are written without any conversion. */
export type NodeColumns = Partial<Omit<NodeRow, "id" | "status" | "revision" | "version" | "updated_at">>;

/** An old address that is free again is used before an address that no node has had. */
const FREE_ADDRESS = `coalesce(
  (SELECT address_index FROM address_holds WHERE until <= ?2 ORDER BY until LIMIT 1),
  (SELECT next_address FROM mesh_state WHERE next_address < ${ADDRESS_COUNT}))`;
const ADDRESS_OF = "(SELECT address_index FROM nodes WHERE id = ?)";

/**
 * A new node with a free address. If no address is free, the statement fails at the column
 * `nodes.address_index`.
 */
export const insertNode = (
  node: Pick<
    NodeRow,
    | "id"
    | "name"
    | "status"
    | "segment_id"
    | "tags"
    | "user_id"
    | "hostname"
    | "ephemeral"
    | "enrolment_key_id"
    | "offered_routes"
    | "wireguard_key"
    | "signing_hash"
    | "kem_hash"
    | "record_hash"
    | "signing_key"
    | "kem_key"
  >,
  now: number,
): MeshStatement[] => [
  new MeshStatement(
    `INSERT INTO nodes (id, name, status, segment_id, tags, user_id, address_index, hostname, ephemeral,
       enrolment_key_id, offered_routes, revision, created_at, updated_at, wireguard_key, signing_hash, kem_hash,
       record_hash, signing_key, kem_key)
     VALUES (?1, ?3, ?4, ?5, ?6, ?7, ${FREE_ADDRESS}, ?8, ?9, ?10, ?11, ${REVISION}, ?2, ?2, ?12, ?13, ?14, ?15, ?16, ?17)`,
    node.id,
    now,
    node.name,
    node.status,
    node.segment_id,
    node.tags,
    node.user_id,
    node.hostname,
    node.ephemeral,
    node.enrolment_key_id,
    node.offered_routes,
    node.wireguard_key,
    node.signing_hash,
    node.kem_hash,
    node.record_hash,
    node.signing_key,
    node.kem_key,
  ),
  new MeshStatement(
    `UPDATE mesh_state SET next_address = next_address + 1 WHERE next_address = ${ADDRESS_OF}`,
    node.id,
  ),
  new MeshStatement(`DELETE FROM address_holds WHERE address_index = ${ADDRESS_OF}`, node.id),
];

/**
 * Sets columns of a node. A change by an administrator raises the version. A change by the node itself
 * doesn't.
 */
export function updateNode(
  node: string,
  columns: NodeColumns,
  now: number,
  counts: "version" | "no version",
): MeshStatement {
  const names = Object.keys(columns).map((name) => `${name} = ?, `);
  const version = counts === "version" ? "version = version + 1, " : "";
  return new MeshStatement(
    `UPDATE nodes SET ${names.join("")}${version}revision = ${REVISION}, updated_at = ? WHERE id = ?`,
    ...Object.values(columns),
    now,
    node,
  );
}

/** Replaces all routes that the node may have. */
export const storeRoutes = (node: string, prefixes: readonly string[], now: number): MeshStatement[] => [
  new MeshStatement("DELETE FROM node_routes WHERE node_id = ?", node),
  ...prefixes.map(
    (prefix) =>
      new MeshStatement(
        "INSERT INTO node_routes (node_id, prefix, created_at) VALUES (?, ?, ?)",
        node,
        prefix,
        now,
      ),
  ),
];

/**
 * Changes the status of the node. Does nothing if the current status is not `from`.
 * @param isContained Whether a node that is quarantined still gets configs.
 */
export function setStatus(
  node: string,
  from: readonly NodeStatus[],
  to: NodeStatus,
  now: number,
  isContained = false,
): MeshStatement {
  const isMember = to === "approved";
  // What a contained node counted goes on to count, so that its release lets in no copy of it.
  const released = (value: string, column: string) =>
    `${column} = CASE WHEN contained = 1 THEN ${column} ELSE ${value} END,`;
  const ended = (value: string, column: string) =>
    `${column} = ${isMember ? "NULL" : `CASE WHEN status = 'approved' THEN ${value} ELSE ${column} END`}`;
  return new MeshStatement(
    `UPDATE nodes SET ${ended(REVISION, "ended_revision")}, ${ended("?2", "ended_at")},
       ${from.includes("quarantined") && isMember ? released(String(RELEASED), "handshake_floor") + released("?2", "handshake_floor_made") : ""}
       contained = ${isContained ? 1 : 0},
       ${isMember ? "expires_at = CASE WHEN expires_at <= ?2 THEN NULL ELSE expires_at END," : ""}
       status = ?3, revision = ${REVISION}, version = version + 1, updated_at = ?2
     WHERE id = ?1 AND status IN (SELECT value FROM json_each(?4))`,
    node,
    now,
    to,
    JSON.stringify(from),
  );
}

/** Removes the node. Its name is free at once, its address only later. */
export const removeNode = (node: string, now: number): MeshStatement[] => [
  new MeshStatement(
    `INSERT INTO address_holds (node_id, node_name, segment_id, address_index, until, ended_at, revision)
     SELECT id, name, segment_id, address_index, ?, coalesce(ended_at, ?), ${REVISION} FROM nodes WHERE id = ?`,
    now + ADDRESS_REST_MS,
    now,
    node,
  ),
  new MeshStatement("DELETE FROM nodes WHERE id = ?", node),
];

/** `takeAllowance` in SQL. The allowance may become negative, because leaving is never refused. */
const SPEND = `min(max(left_until, ?2), ?2 + ${ALLOWANCE.atOnce * ALLOWANCE.everyMs}) + ${ALLOWANCE.everyMs}`;

/**
 * Records at the node's enrolment key that one of its nodes leaves by its own wish. This statement must come
 * before `removeNode`.
 */
export const leaveOften = (node: string, now: number): Statement => [
  `UPDATE enrolment_keys SET left_until = ${SPEND}
   WHERE id = (SELECT enrolment_key_id FROM nodes WHERE id = ?1)`,
  node,
  now,
];
