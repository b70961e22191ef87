import { recordEvent } from "../platform/audit.ts";
import type { Bindings } from "../platform/env.ts";
import { keepNotices } from "../platform/notices.ts";
import { freshId } from "../platform/random.ts";
import type { DestinationRow } from "./destinations.ts";

/** Switches off a destination that took nothing for days, and lets the others say so. */
export async function switchOff(
  bindings: Bindings,
  { id, name }: DestinationRow,
  now: number,
): Promise<void> {
  const { meta } = await bindings.db
    .prepare(
      `UPDATE notification_destinations SET enabled = 0, version = version + 1, updated_at = ?
       WHERE id = ? AND enabled = 1`,
    )
    .bind(now, id)
    .run();
  if (meta.changes === 0) return;
  await keepNotices(
    bindings,
    [
      {
        key: `destination.off:${id}:${now}`,
        event: "destination.off",
        at: now,
        subject: name,
        page: "notifications",
      },
    ],
    now,
  );
  await recordEvent(bindings, {
    kind: "system",
    id: freshId("audit"),
    at: now,
    actor: "system",
    action: "notification_destination.switch_off",
    target: id,
    detail: { name },
  });
}
