import { type Delivery, newDelivery } from "../../shared/notifications/delivery.ts";
import type { notificationDestinations } from "../../shared/registry/notification-schema.ts";

/** Where notifications are sent, as the registry has it. */

export type DestinationRow = typeof notificationDestinations.$inferSelect;

/** The context under which a destination's secret is sealed. */
export const sealContext = ({ id }: Pick<DestinationRow, "id">): string => `notification_destination:${id}`;

const DELIVERY = `done_until AS doneUntil, sending_until AS sendingUntil, sending_since AS sendingSince,
  not_before AS notBefore, failures, failing_since AS failingSince,
  last_success_at AS lastSuccessAt, last_failure_at AS lastFailureAt, last_failure AS lastFailure`;

/** How far each of these has been told. */
export async function deliveriesOf(d1: D1Database, ids: readonly string[]): Promise<Map<string, Delivery>> {
  const { results } = await d1
    .prepare(
      `SELECT destination_id AS id, ${DELIVERY} FROM notification_deliveries
       WHERE destination_id IN (SELECT value FROM json_each(?))`,
    )
    .bind(JSON.stringify(ids))
    .all<Delivery & { readonly id: string }>();
  return new Map(results.map(({ id, ...delivery }) => [id, delivery]));
}

export const deliveryOf = async (d1: D1Database, id: string): Promise<Delivery> =>
  (await deliveriesOf(d1, [id])).get(id) ?? newDelivery(0);

/** A new destination is told of what comes up from now on. */
export const insertDelivery = (d1: D1Database, id: string): D1PreparedStatement =>
  d1
    .prepare(
      `INSERT INTO notification_deliveries (destination_id, done_until)
       SELECT ?, coalesce(max(id), 0) FROM notices`,
    )
    .bind(id);

/**
 * Stores how a delivery stands now, unless somebody else moved it since it was read.
 * @returns whether it was stored.
 */
export async function storeDelivery(
  d1: D1Database,
  id: string,
  before: Delivery,
  after: Delivery,
): Promise<boolean> {
  const { meta } = await d1
    .prepare(
      `UPDATE notification_deliveries SET done_until = ?1, sending_until = ?2, not_before = ?3, failures = ?4,
         last_success_at = ?5, last_failure_at = ?6, last_failure = ?7, sending_since = ?8, failing_since = ?9
       WHERE destination_id = ?10 AND done_until = ?11 AND sending_until IS ?12 AND not_before = ?13`,
    )
    .bind(
      ...[after.doneUntil, after.sendingUntil, after.notBefore, after.failures],
      ...[
        after.lastSuccessAt,
        after.lastFailureAt,
        after.lastFailure,
        after.sendingSince,
        after.failingSince,
      ],
      ...[id, before.doneUntil, before.sendingUntil, before.notBefore],
    )
    .run();
  return meta.changes === 1;
}
