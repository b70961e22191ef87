import { ALLOWANCE } from "../node/allowance.ts";
import { RELEASED } from "../node/handshake-verdict.ts";
import { ADDRESS_HOLD_MS } from "./addresses.ts";
import type { NodeStatus } from "./node-status.ts";

/** SQL of the registry's mesh that both the hub and the segments' objects run, always as one batch. */
export type Statement = readonly [sql: string, ...values: (string | number | null)[]];

/** Stands in front of the statements of a change that nodes notice; `REVISION` then names it. */
export const NEXT_REVISION: Statement = ["UPDATE mesh_state SET revision = revision + 1"];

/** The revision of the change under way. */
export const REVISION = "(SELECT revision FROM mesh_state)";

/** The node stands otherwise from now on; does nothing where it does not stand as `from`. */
export function setStatus(
  node: string,
  from: readonly NodeStatus[],
  to: NodeStatus,
  now: number,
): Statement[] {
  const isMember = to === "approved";
  const ended = (value: string, column: string) =>
    `${column} = ${isMember ? "NULL" : `CASE WHEN status = 'approved' THEN ${value} ELSE ${column} END`}`;
  return [
    NEXT_REVISION,
    [
      `UPDATE nodes SET ${ended(REVISION, "ended_revision")}, ${ended("?2", "ended_at")},
         ${from.includes("quarantined") && isMember ? `handshake_floor = ${RELEASED}, handshake_floor_made = ?2,` : ""}
         ${isMember ? "expires_at = CASE WHEN expires_at <= ?2 THEN NULL ELSE expires_at END," : ""}
         status = ?3, revision = ${REVISION}, version = version + 1, updated_at = ?2
       WHERE id = ?1 AND status IN (SELECT value FROM json_each(?4))`,
      node,
      now,
      to,
      JSON.stringify(from),
    ],
  ];
}

/** The node is gone: its name is free, its address rests. */
export const removeNode = (node: string, now: number): Statement[] => [
  NEXT_REVISION,
  [
    `INSERT INTO address_holds (node_id, node_name, segment_id, address_index, until, ended_at, revision)
     SELECT id, name, segment_id, address_index, ?, coalesce(ended_at, ?), ${REVISION} FROM nodes WHERE id = ?`,
    now + ADDRESS_HOLD_MS,
    now,
    node,
  ],
  ["DELETE FROM nodes WHERE id = ?", node],
];

/** `takeAllowance` in SQL, of what may be spent below zero: leaving is never refused. */
const SPEND = `min(max(left_until, ?2), ?2 + ${ALLOWANCE.atOnce * ALLOWANCE.everyMs}) + ${ALLOWANCE.everyMs}`;

/** Notes with the node's enrolment key that one of its nodes leaves by its own wish; stands before `removeNode`. */
export const leaveOften = (node: string, now: number): Statement => [
  `UPDATE enrolment_keys SET left_until = ${SPEND}
   WHERE id = (SELECT enrolment_key_id FROM nodes WHERE id = ?1)`,
  node,
  now,
];

export const prepareAll = <P>(
  db: { prepare(sql: string): { bind(...values: unknown[]): P } },
  statements: readonly Statement[],
): P[] => statements.map(([sql, ...values]) => db.prepare(sql).bind(...values));
