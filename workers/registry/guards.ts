import { messagesOf } from "../../shared/base/errors/cause.ts";
import { type MeshStatement, meshChange, type Statement } from "../../shared/registry/mesh-change.ts";

/** What a guard protects: the word by which `explainFailure` knows it again. */
export type GuardName =
  | "unchanged"
  | "last_owner"
  | "last_owner_token"
  | "owner_signs_in"
  | "rehearsal"
  | "group_cycle"
  | "mesh_moved"
  | "node_status"
  | "key_usable";

/**
 * A condition that must hold inside the transaction: where it does not, the statement fails and takes the whole
 * batch with it. D1 has no conditional abort, but a path that is none is an error that quotes the path; the random
 * part keeps SQLite from evaluating it before it is needed.
 *
 * @param condition SQL without user input; values are bound.
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

/** The guard whose failure an error reports, or null for any other error. */
export function failedGuard(error: unknown): GuardName | null {
  return (/'guard:([a-z_]+):/.exec(messagesOf(error))?.[1] as GuardName | undefined) ?? null;
}

/**
 * The row still has the version that was read, and that is the one that the caller saw: with a guessed later one, what
 * was judged by one state of the row would be done to another.
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

const OWNER_IS_LEFT = "EXISTS (SELECT 1 FROM users WHERE role = 'owner' AND status = 'active')";

/** After the statements before this one, somebody is still an active owner. */
export const ownerIsLeft = (d1: D1Database): D1PreparedStatement => guard(d1, "last_owner", OWNER_IS_LEFT);

/** After the statements before this one, somebody or some token that never expires can still act as owner. */
export const ownerOrTokenIsLeft = (d1: D1Database): D1PreparedStatement =>
  guard(
    d1,
    "last_owner_token",
    `${OWNER_IS_LEFT} OR EXISTS (
       SELECT 1 FROM api_tokens WHERE role = 'owner' AND user_id IS NULL AND expires_at IS NULL)`,
  );

const OWNER_SIGNS_IN = `EXISTS (
  SELECT 1 FROM users u JOIN identities i ON i.user_id = u.id JOIN identity_providers p ON p.id = i.provider_id
  WHERE u.role = 'owner' AND u.status = 'active' AND p.enabled = 1)`;

/** Whether an active owner signed in once by a provider that is on. */
export const anOwnerSignsIn = async (d1: D1Database): Promise<boolean> =>
  (await d1.prepare(`SELECT ${OWNER_SIGNS_IN} AS yes`).first<{ yes: number }>())?.yes === 1;

/** After the statements before this one, that still holds. */
export const ownerSignsIn = (d1: D1Database): D1PreparedStatement =>
  guard(d1, "owner_signs_in", OWNER_SIGNS_IN);

/**
 * Whether the statements would hold: they are run, and taken back by a guard that always fails. Rejects with what they
 * would fail with.
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
 * After the statements before this one, no group is a member of itself, directly or through others.
 *
 * @param group The one whose members changed; null where all must be looked at.
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
