import type { RiskSignal } from "../../shared/access/risk/signal.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import type { userRisks } from "../../shared/registry/schema.ts";

export type RiskRow = Omit<RowOf<typeof userRisks>, "user_id">;

/**
 * The query for what speaks for risk about users, whose ids are a JSON list. A row with score 0 says that its source
 * took it back.
 */
export const RISKS_OF_USERS = `SELECT user_id, source, kind, score, at, half_life_seconds FROM user_risks
  WHERE score > 0 AND user_id IN (SELECT value FROM json_each(?))`;

export const signalOf = ({ source, kind, score, at, half_life_seconds }: RiskRow): RiskSignal => ({
  source,
  kind,
  score,
  at,
  halfLifeSeconds: half_life_seconds,
});

/**
 * Sessions learn of a risk with the person, as they learn of groups: so the person must look changed, even twice
 * within one millisecond.
 */
export const touched = (db: D1Database, userId: string, now: number): D1PreparedStatement =>
  db.prepare("UPDATE users SET updated_at = max(updated_at + 1, ?) WHERE id = ?").bind(now, userId);

/**
 * Stores what a source says now, unless it has said something newer of the same kind. With score 0 it takes back what
 * it said, and the row only remembers when.
 */
export const storeSignal = (
  db: D1Database,
  userId: string,
  { source, kind, score, at, halfLifeSeconds }: RiskSignal,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO user_risks (user_id, source, kind, score, at, half_life_seconds) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (user_id, source, kind) DO UPDATE SET score = excluded.score, at = excluded.at,
         half_life_seconds = excluded.half_life_seconds WHERE excluded.at >= user_risks.at`,
    )
    .bind(userId, source, kind, score, at, halfLifeSeconds);

export async function signalsOf(db: D1Database, userId: string): Promise<RiskRow[]> {
  return (
    await db
      .prepare(RISKS_OF_USERS)
      .bind(JSON.stringify([userId]))
      .all<RiskRow>()
  ).results;
}
