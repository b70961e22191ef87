import { isNamed, type PersonSelector } from "../../shared/access/grants/settings.ts";
import type { Grant, GrantAnswer, HeldGrant } from "../../shared/access/grants/types.ts";
import { EntityUid } from "../../shared/access/policy/values.ts";
import type { Principal } from "../../shared/access/sessions/types.ts";
import type { accessGrants, grantAnswers } from "../../shared/registry/grant-schema.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import type { Snapshot } from "./snapshot.ts";

/** Reads requests for access and grants. */

export type GrantRow = RowOf<typeof accessGrants>;
type AnswerRow = RowOf<typeof grantAnswers>;

/** The query for users' grants that are in force, or will be over by their own time alone. */
export const HELD_OF_USERS = `SELECT user_id, id, app_id, actions, paths, since, until, emergency FROM access_grants
  WHERE user_id IN (SELECT value FROM json_each(?)) AND status = 'granted'
    AND until > CAST(unixepoch('subsec') * 1000 AS INTEGER)`;

export type HeldRow = Pick<GrantRow, "id" | "app_id" | "actions" | "paths" | "emergency"> & {
  readonly since: number;
  readonly until: number;
};

export const heldOf = ({ id, app_id, actions, paths, since, until, emergency }: HeldRow): HeldGrant => ({
  ...{ id, appId: app_id, since, until, emergency: emergency === 1 },
  actions: JSON.parse(actions) as HeldGrant["actions"],
  paths: JSON.parse(paths) as string[],
});

export interface StoredGrant {
  readonly grant: Grant;
  readonly version: number;
}

/** A request or grant, with all answers. Null if there is none. */
export async function readGrant(db: D1Database, id: string): Promise<StoredGrant | null> {
  const [rows, answers] = await db.batch<Record<string, unknown>>([
    db.prepare("SELECT * FROM access_grants WHERE id = ?").bind(id),
    db.prepare("SELECT * FROM grant_answers WHERE grant_id = ? ORDER BY at, user_id").bind(id),
  ]);
  const row = rows?.results[0] as GrantRow | undefined;
  if (!row) return null;
  return { grant: grantOf(row, (answers?.results ?? []) as AnswerRow[]), version: row.version };
}

export function grantOf(row: GrantRow, answers: readonly AnswerRow[]): Grant {
  return {
    ...{ id: row.id, userId: row.user_id, appId: row.app_id, seconds: row.seconds, reason: row.reason },
    actions: JSON.parse(row.actions) as Grant["actions"],
    paths: JSON.parse(row.paths) as string[],
    ...{ needed: row.needed, emergency: row.emergency === 1, digest: row.digest, status: row.status },
    ...{ askedAt: row.asked_at, lapsesAt: row.lapses_at, since: row.since, until: row.until },
    ...{ endedBy: row.ended_by, endedAt: row.ended_at },
    ...{ reviewedBy: row.reviewed_by, reviewedAt: row.reviewed_at },
    answers: answers.map(
      ({ user_id, verdict, note, at }): GrantAnswer => ({ userId: user_id, verdict, note, at }),
    ),
  };
}

/** Whether selectors name a person, with all groups that policies see the person in. */
export function names(
  snapshot: Pick<Snapshot, "policies">,
  selectors: readonly PersonSelector[],
  { email, groups, status }: Pick<Principal, "email" | "groups" | "status">,
): boolean {
  if (status !== "active" || selectors.length === 0) return false;
  const all = snapshot.policies.inventory.allAbove(groups);
  return isNamed(selectors, { email, isIn: (name) => all.has(new EntityUid("Group", name).key) });
}

/** The newest requests and grants for which a condition holds. @param where SQL without user input. */
export async function listGrants(
  db: D1Database,
  where: string,
  values: readonly unknown[],
  limit: number,
): Promise<Grant[]> {
  const { results: rows } = await db
    .prepare(`SELECT * FROM access_grants g WHERE ${where} ORDER BY id DESC LIMIT ?`)
    .bind(...values, limit)
    .all<GrantRow>();
  return withAnswers(db, rows);
}

/** Adds the answers to rows. */
export async function withAnswers(db: D1Database, rows: readonly GrantRow[]): Promise<Grant[]> {
  const { results } = await db
    .prepare(
      "SELECT * FROM grant_answers WHERE grant_id IN (SELECT value FROM json_each(?)) ORDER BY at, user_id",
    )
    .bind(JSON.stringify(rows.map(({ id }) => id)))
    .all<AnswerRow>();
  const answers = Map.groupBy(results, ({ grant_id }) => grant_id);
  return rows.map((row) => grantOf(row, answers.get(row.id) ?? []));
}
