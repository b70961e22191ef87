import type { AliasedRowOf } from "../../shared/registry/rows.ts";
import type { signalEvents } from "../../shared/registry/signal-schema.ts";

/** The signals that came, as the registry keeps them. */

type Row = AliasedRowOf<typeof signalEvents>;
type Begun = Omit<Row, "id" | "outcome" | "ended" | "entry">;

/** @returns The id of the row, or null if this signal was heeded before. */
export async function beginEvent(db: D1Database, event: Begun): Promise<number | null> {
  const { transmitterId, jti, userId, subject, eventAt, receivedAt } = event;
  await db
    .prepare(
      `INSERT INTO signal_events (transmitter_id, jti, event, user_id, subject, event_at, received_at)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    .bind(transmitterId, jti, event.event, userId, subject, eventAt, receivedAt)
    .run();
  const row = await db
    .prepare(
      `SELECT id FROM signal_events
       WHERE transmitter_id = ? AND jti = ? AND event = ? AND user_id = ? AND outcome IS NULL`,
    )
    .bind(transmitterId, jti, event.event, userId)
    .first<{ id: number }>();
  return row?.id ?? null;
}

export async function finishEvent(
  db: D1Database,
  id: number,
  { outcome, ended, entry }: { readonly outcome: string; readonly ended: number; readonly entry: string },
): Promise<void> {
  await db
    .prepare("UPDATE signal_events SET outcome = ?, ended = ended + ?, entry = ? WHERE id = ?")
    .bind(outcome, ended, entry, id)
    .run();
}

/** What a transmitter said about its stream. */
export async function noteStream(
  db: D1Database,
  transmitterId: string,
  { verified, status }: { readonly verified: string | null | undefined; readonly status: string | undefined },
  now: number,
): Promise<void> {
  if (verified !== undefined)
    await db
      .prepare("UPDATE signal_transmitters SET verified_at = ?, verified_state = ? WHERE id = ?")
      .bind(now, verified, transmitterId)
      .run();
  if (status !== undefined)
    await db
      .prepare("UPDATE signal_transmitters SET stream_status = ? WHERE id = ?")
      .bind(status, transmitterId)
      .run();
}
