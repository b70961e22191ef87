import { messagesOf } from "../../shared/base/errors/cause.ts";
import { type MeshStatement, meshChange, type Statement } from "../../shared/registry/mesh-change.ts";

/** What a guard protects. By this word, `explainFailure` recognises the guard. */
export type GuardName =
  | "unchanged"
  | "last_owner"
  | "last_owner_token"
  | "owner_signs_in"
  | "rehearsal"
  | "group_cycle"
  | "mesh_moved"
  | "node_status"
  | "key_usable"
  | "host_taken"
  | "grant_moved"
  | "grant_limits"
  | "rule_count"
  | "rule_bytes"
  | "microsegment_count"
  | "adaptation_budget";

/**
 * A condition that must hold inside the transaction. When it does not hold, the statement fails, and the whole batch
 * fails with it. D1 has no conditional abort. But an invalid JSON path is an error that quotes the path, so the path
 * holds the guard's name. The random part keeps SQLite from evaluating the path too early.
 *
 * @param condition SQL without user input. The values are bound.
 */
export function guard(
  d1: D1Database,
  name: GuardName,
  condition: string,
  ...values: unknown[]
): D1PreparedStatement {
  return d1
    .prepare(
      `SELECT CASE WHEN ${condition} THEN 1 ELSE json_extract('{}', 'guard:${name}:' || hex(randomblob(1))) END`,
    )
    .bind(...values);
}

/** The guard whose failure caused an error. Null for any other error. */
export function failedGuard(error: unknown): GuardName | null {
  return (/'guard:([a-z_]+):/.exec(messagesOf(error))?.[1] as GuardName | undefined) ?? null;
}

/**
 * The row still has the version that was read, and the caller saw this same version. Without the second check, a caller
 * could guess a later version. Then the change would be judged by one state of the row and applied to another.
 */
export const unchanged = (
  d1: D1Database,
  table: string,
  read: { readonly id: string | number; readonly version: number },
  seen: number,
): D1PreparedStatement =>
  guard(
    d1,
    "unchanged",
    `?2 = ?3 AND EXISTS (SELECT 1 FROM ${table} WHERE id = ?1 AND version = ?2)`,
    read.id,
    read.version,
    seen,
  );

const OWNER_TOKEN =
  "EXISTS (SELECT 1 FROM api_tokens WHERE role = 'owner' AND user_id IS NULL AND expires_at IS NULL)";
const OWNER_IS_LEFT = "EXISTS (SELECT 1 FROM users WHERE role = 'owner' AND status = 'active')";

/** After the earlier statements of the batch, somebody is still an active owner. */
export const ownerIsLeft = (d1: D1Database): D1PreparedStatement => guard(d1, "last_owner", OWNER_IS_LEFT);

/**
 * After the earlier statements of the batch, an active owner or an owner's token that never expires still exists. Such
 * a token belongs to no user.
 */
export const ownerOrTokenIsLeft = (d1: D1Database): D1PreparedStatement =>
  guard(d1, "last_owner_token", `${OWNER_IS_LEFT} OR ${OWNER_TOKEN}`);

const OWNER_SIGNS_IN = `EXISTS (
  SELECT 1 FROM users u JOIN identities i ON i.user_id = u.id JOIN identity_providers p ON p.id = i.provider_id
  WHERE u.role = 'owner' AND u.status = 'active' AND p.enabled = 1)`;

/** Whether an active owner has signed in at least once by a provider that is enabled. */
export const anOwnerSignsIn = async (d1: D1Database): Promise<boolean> =>
  (await d1.prepare(`SELECT ${OWNER_SIGNS_IN} AS yes`).first<{ yes: number }>())?.yes === 1;

/** After the earlier statements of the batch, `anOwnerSignsIn` still holds. */
export const ownerSignsIn = (d1: D1Database): D1PreparedStatement =>
  guard(d1, "owner_signs_in", OWNER_SIGNS_IN);

/** After the earlier statements of the batch, an owner can still sign in, or has a token that never expires. */
export const ownerComesIn = (d1: D1Database): D1PreparedStatement =>
  guard(d1, "owner_signs_in", `${OWNER_SIGNS_IN} OR ${OWNER_TOKEN}`);

/**
 * Checks whether the statements would succeed. It runs them, and a guard that always fails then undoes them. Rejects
 * with the error that the statements would cause.
 */
export async function rehearse(
  d1: D1Database,
  statements: readonly (D1PreparedStatement | Statement | MeshStatement)[],
): Promise<void> {
  try {
    await d1.batch(meshChange(d1, [...statements, guard(d1, "rehearsal", "1 = 0")]));
  } catch (error) {
    if (failedGuard(error) !== "rehearsal") throw error;
  }
}

/**
 * After the earlier statements of the batch, no group is a member of itself, directly or through other groups.
 *
 * @param group The group whose members changed. Null when all groups must be checked.
 */
export const noCycle = (d1: D1Database, group: string | null): D1PreparedStatement =>
  guard(
    d1,
    "group_cycle",
    `NOT EXISTS (
       WITH RECURSIVE above(start, id) AS (
         SELECT member_id, group_id FROM group_members
         WHERE member_kind = 'group' AND member_id = coalesce(?, member_id)
         UNION SELECT a.start, m.group_id FROM above a JOIN group_members m ON m.member_id = a.id
         WHERE m.member_kind = 'group'
       ) SELECT 1 FROM above WHERE start = id)`,
    group,
  );
