import { eq } from "drizzle-orm";
import type { GrantEvent } from "../../../shared/access/grants/decide.ts";
import { apply } from "../../../shared/access/grants/state.ts";
import type { Grant } from "../../../shared/access/grants/types.ts";
import { accessGrants, grantAnswers } from "../../../shared/registry/grant-schema.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import type { StoredGrant } from "../../registry/grants.ts";
import { guard, unchanged } from "../../registry/guards.ts";

/** Turns what was decided about a grant into statements. */

/** @param stored Null for a request that is made now. */
export function statementsOf(
  d1: D1Database,
  stored: StoredGrant | null,
  events: readonly GrantEvent[],
): { statements: D1PreparedStatement[]; grant: Grant; version: number } {
  const grant = events.reduce<Grant | null>(apply, stored?.grant ?? null);
  if (grant === null) throw new Error("nothing was decided about a grant");
  const version = (stored?.version ?? 0) + 1;
  const { answers: _, actions, paths, ...fields } = grant;
  const row = { ...fields, actions: JSON.stringify(actions), paths: JSON.stringify(paths), version };
  const db = registryOf(d1);
  const said = events.flatMap((event) => (event.type === "answered" ? [event.answer] : []));
  return {
    grant,
    version,
    statements: [
      ...(stored
        ? [unchanged(d1, "access_grants", { id: grant.id, version: stored.version }, stored.version)]
        : []),
      stored
        ? prepared(d1, db.update(accessGrants).set(row).where(eq(accessGrants.id, grant.id)))
        : prepared(d1, db.insert(accessGrants).values(row)),
      ...said.map((answer) => {
        const values = { ...answer, grantId: grant.id };
        const target = [grantAnswers.grantId, grantAnswers.userId];
        return prepared(
          d1,
          db.insert(grantAnswers).values(values).onConflictDoUpdate({ target, set: answer }),
        );
      }),
    ],
  };
}

/** The people and the app, as they were when it was decided who may decide. */
export interface Judged {
  readonly app: { readonly id: string; readonly version: number };
  readonly people: readonly { readonly id: string; readonly updatedAt: number }[];
}

/** Nobody who counts, and nothing about the app, was changed since it was judged who may decide. */
export const stillSo = (d1: D1Database, { app, people }: Judged): D1PreparedStatement =>
  guard(
    d1,
    "grant_moved",
    `EXISTS (SELECT 1 FROM apps WHERE id = ?1 AND version = ?2) AND NOT EXISTS (
       SELECT 1 FROM json_each(?3) p LEFT JOIN users u ON u.id = p.value->>0
       WHERE u.updated_at IS NOT p.value->>1 OR u.status <> 'active')`,
    app.id,
    app.version,
    JSON.stringify(people.map(({ id, updatedAt }) => [id, updatedAt])),
  );

/**
 * Closes what time has ended among requests and grants, so that the rows say so, too.
 * @param userId Null for everybody's.
 */
export const closeEnded = (d1: D1Database, userId: string | null, now: number): D1PreparedStatement[] => [
  d1
    .prepare(
      `UPDATE access_grants SET status = 'lapsed', ended_at = lapses_at, version = version + 1
       WHERE (?1 IS NULL OR user_id = ?1) AND status = 'pending' AND lapses_at <= ?2`,
    )
    .bind(userId, now),
  d1
    .prepare(
      `UPDATE access_grants SET status = 'expired', ended_at = until, version = version + 1
       WHERE (?1 IS NULL OR user_id = ?1) AND status = 'granted' AND until <= ?2`,
    )
    .bind(userId, now),
];

/** A person has no more requests and grants than allowed, after the earlier statements of the batch. */
export const withinLimits = (
  d1: D1Database,
  userId: string,
  { waiting, held, withinHour }: { waiting: number; held: number; withinHour: number },
  since: number,
): D1PreparedStatement =>
  guard(
    d1,
    "grant_limits",
    `(SELECT count(*) FILTER (WHERE status = 'pending' AND emergency = 0) <= ?2
        AND count(*) FILTER (WHERE status = 'granted') <= ?3
        AND count(*) FILTER (WHERE asked_at > ?4) <= ?5
      FROM access_grants WHERE user_id = ?1)`,
    ...[userId, waiting, held, since, withinHour],
  );
