/**
 * A condition that must hold inside the transaction: where it does not, the statement fails and takes the whole
 * batch with it. (D1 has no conditional abort; `json` of what is not JSON raises an error.)
 *
 * @param condition SQL without user input; values are bound.
 */
export function guard(d1: D1Database, condition: string, ...values: unknown[]): D1PreparedStatement {
  return d1
    .prepare(`SELECT CASE WHEN ${condition} THEN 1 ELSE json('!' || hex(randomblob(1))) END`)
    .bind(...values);
}

/** What `explainFailure` finds in the error of a failed guard. */
export const GUARD_FAILURE = "malformed JSON";

/** The row still has the version that the caller saw. */
export function unchanged(
  d1: D1Database,
  table: string,
  id: string | number,
  version: number,
): D1PreparedStatement {
  return guard(d1, `EXISTS (SELECT 1 FROM ${table} WHERE id = ? AND version = ?)`, id, version);
}

/** An active owner besides this user exists. */
export const anotherOwner = (d1: D1Database, userId: string): D1PreparedStatement =>
  guard(d1, "EXISTS (SELECT 1 FROM users WHERE role = 'owner' AND status = 'active' AND id <> ?)", userId);

/** Somebody besides this token can still act as owner. */
export const anotherOwnerOrToken = (d1: D1Database, tokenId: string): D1PreparedStatement =>
  guard(
    d1,
    `EXISTS (SELECT 1 FROM users WHERE role = 'owner' AND status = 'active')
     OR EXISTS (SELECT 1 FROM api_tokens WHERE role = 'owner' AND user_id IS NULL AND expires_at IS NULL AND id <> ?)`,
    tokenId,
  );

/** The group `member` is not `group` itself nor above it: making it a member closes no circle. */
export const noCycle = (d1: D1Database, group: string, member: string): D1PreparedStatement =>
  guard(
    d1,
    `NOT EXISTS (
       WITH RECURSIVE above(id) AS (
         SELECT ? UNION SELECT m.group_id FROM group_members m JOIN above a ON m.member_id = a.id WHERE m.member_kind = 'group'
       ) SELECT 1 FROM above WHERE id = ?)`,
    group,
    member,
  );

/** Whether a guard holds now, to refuse in words before the transaction refuses without. */
export async function holds(statement: D1PreparedStatement): Promise<boolean> {
  try {
    await statement.first();
    return true;
  } catch (error) {
    if (String(error).includes(GUARD_FAILURE)) return false;
    throw error;
  }
}
