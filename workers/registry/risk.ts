import type { RiskSignal } from "../../shared/access/risk/signal.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import type { userRisks } from "../../shared/registry/schema.ts";

export type RiskRow = Omit<RowOf<typeof userRisks>, "user_id">;

/** The query for what speaks for risk about a user. */
export const RISK_QUERY =
  "SELECT source, kind, score, at, half_life_seconds FROM user_risks WHERE user_id = ?";

export const signalOf = ({ source, kind, score, at, half_life_seconds }: RiskRow): RiskSignal => ({
  source,
  kind,
  score,
  at,
  halfLifeSeconds: half_life_seconds,
});

export async function signalsOf(db: D1Database, userId: string): Promise<RiskRow[]> {
  return (await db.prepare(RISK_QUERY).bind(userId).all<RiskRow>()).results;
}
