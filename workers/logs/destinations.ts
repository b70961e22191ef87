import { type Delivery, newDelivery } from "../../shared/notifications/delivery.ts";
import type { logDestinations } from "../../shared/registry/log-schema.ts";

/** Where the log is sent, as the registry has it. */

export type LogDestinationRow = typeof logDestinations.$inferSelect;

/** The contexts under which a destination's secrets are sealed. */
export const keyContext = (id: string): string => `log_destination:${id}`;
export const authorizationContext = (id: string): string => `log_destination_authorization:${id}`;

/** How far each of these has the log. */
export async function logDeliveriesOf(
  d1: D1Database,
  ids: readonly string[],
): Promise<Map<string, Delivery>> {
  const { results } = await d1
    .prepare(
      `SELECT destination_id AS id, done_until AS doneUntil, sending_until AS sendingUntil,
         sending_since AS sendingSince, not_before AS notBefore, failures, failing_since AS failingSince,
         last_success_at AS lastSuccessAt, last_failure_at AS lastFailureAt, last_failure AS lastFailure
       FROM log_deliveries WHERE destination_id IN (SELECT value FROM json_each(?))`,
    )
    .bind(JSON.stringify(ids))
    .all<Delivery & { readonly id: string }>();
  return new Map(results.map(({ id, ...delivery }) => [id, delivery]));
}

export const logDeliveryOf = async (d1: D1Database, id: string): Promise<Delivery> =>
  (await logDeliveriesOf(d1, [id])).get(id) ?? newDelivery(-1);

/**
 * Stores how a delivery stands now, unless somebody else moved it since it was read.
 * @returns whether it was stored.
 */
export async function storeLogDelivery(
  d1: D1Database,
  id: string,
  before: Delivery,
  after: Delivery,
): Promise<boolean> {
  const { meta } = await d1
    .prepare(
      `UPDATE log_deliveries SET done_until = ?1, sending_until = ?2, sending_since = ?3, not_before = ?4, failures = ?5,
         failing_since = ?6, last_success_at = ?7, last_failure_at = ?8, last_failure = ?9
       WHERE destination_id = ?10 AND done_until = ?11 AND sending_until IS ?12 AND not_before = ?13`,
    )
    .bind(
      ...[after.doneUntil, after.sendingUntil, after.sendingSince, after.notBefore, after.failures],
      ...[after.failingSince, after.lastSuccessAt, after.lastFailureAt, after.lastFailure],
      ...[id, before.doneUntil, before.sendingUntil, before.notBefore],
    )
    .run();
  return meta.changes === 1;
}
