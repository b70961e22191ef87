import { asc, eq } from "drizzle-orm";
import { settleAll } from "../../shared/base/async/pool.ts";
import {
  applyDelivery,
  type Delivery,
  isToBeGivenUp,
  isToBeSwitchedOff,
  messageIdOf,
  newDelivery,
  nextStep,
} from "../../shared/notifications/delivery.ts";
import type { Sender } from "../../shared/notifications/message.ts";
import { type Group, groupsOf, type Notice } from "../../shared/notifications/notice.ts";
import { notificationDestinations } from "../../shared/registry/notification-schema.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { registryOf } from "../registry/database.ts";
import { keepDeadLetter } from "./dead-letters.ts";
import { type DestinationRow, deliveriesOf, storeDelivery } from "./destinations.ts";
import { NotSent } from "./post.ts";
import { withSealedAddress } from "./seal-addresses.ts";
import { send } from "./send.ts";
import { switchOff } from "./switch-off.ts";

/** Destinations that are told at the same time; the platform opens at most six connections. */
const WIDTH = 4;
/** Notices that one message tells of at most. */
const MOST_NOTICES = 1_000;

export async function destinations(bindings: Bindings): Promise<DestinationRow[]> {
  const rows = await registryOf(bindings.db)
    .select()
    .from(notificationDestinations)
    .where(eq(notificationDestinations.enabled, true))
    .orderBy(asc(notificationDestinations.id));
  return Promise.all(rows.map((row) => withSealedAddress(bindings, row)));
}

export const eventsOf = ({ events }: DestinationRow): string[] => JSON.parse(events) as string[];

/** Tells each destination what it does not know yet. One that fails, or is slow, holds up no other. Never rejects for one. */
export async function deliverAll(
  bindings: Bindings,
  rows: readonly DestinationRow[],
  now: number,
): Promise<void> {
  if (rows.length === 0) return;
  const deliveries = await deliveriesOf(
    bindings.db,
    rows.map(({ id }) => id),
  );
  const sender = await senderOf(bindings);
  await settleAll(rows, WIDTH, async (row) => {
    try {
      await deliver(bindings, row, deliveries.get(row.id) ?? newDelivery(0), sender, now);
    } catch (error) {
      logError("notification_not_delivered", error, { destination: row.id });
    }
  });
}

async function deliver(
  bindings: Bindings,
  row: DestinationRow,
  delivery: Delivery,
  sender: Sender,
  now: number,
): Promise<void> {
  const notices = now < delivery.notBefore ? [] : await noticesAfter(bindings.db, delivery.doneUntil);
  const step = nextStep(delivery, new Set(eventsOf(row)), notices, now);
  if (step.type === "wait") return;
  const move = (before: Delivery, event: Parameters<typeof applyDelivery>[1]) => {
    const after = applyDelivery(before, event);
    return storeDelivery(bindings.db, row.id, before, after).then((isStored) => (isStored ? after : null));
  };
  if (step.type === "skip") {
    await move(delivery, step.type === "skip" ? { type: "skipped", until: step.until } : step);
    return;
  }
  const begun = await move(delivery, { type: "begun", until: step.until, at: now });
  // Another run is at it.
  if (begun === null) return;
  const groups = groupsOf(step.notices);
  try {
    await send(bindings, row, { id: messageIdOf(row.id, step.until), groups, sender });
  } catch (error) {
    if (!(error instanceof NotSent)) logError("notification_not_sent", error, { destination: row.id });
    const why = error instanceof NotSent ? error.message : "Something went wrong on our side.";
    const failed = await move(begun, { type: "failed", at: now, why });
    if (failed !== null) await giveUp(bindings, row, failed, { groups, why }, now);
    return;
  }
  await move(begun, { type: "delivered", at: now });
}

/** What follows from a failure that is not the first: the message is put aside, and in the end the destination. */
async function giveUp(
  bindings: Bindings,
  row: DestinationRow,
  failed: Delivery,
  message: { readonly groups: readonly Group[]; readonly why: string },
  now: number,
): Promise<void> {
  const { sendingUntil, sendingSince } = failed;
  if (sendingUntil === null || sendingSince === null || !isToBeGivenUp(failed, now)) return;
  await keepDeadLetter(bindings.db, {
    destinationId: row.id,
    messageId: messageIdOf(row.id, sendingUntil),
    groups: JSON.stringify(message.groups),
    firstTriedAt: sendingSince,
    givenUpAt: now,
    why: message.why,
  });
  await storeDelivery(bindings.db, row.id, failed, applyDelivery(failed, { type: "given_up" }));
  if (isToBeSwitchedOff(failed, now)) await switchOff(bindings, row, now);
}

async function noticesAfter(d1: D1Database, id: number): Promise<Notice[]> {
  const { results } = await d1
    .prepare(
      `SELECT id, event, at, subject, page FROM notices WHERE id > ? ORDER BY id LIMIT ${MOST_NOTICES}`,
    )
    .bind(id)
    .all<Notice>();
  return results;
}

/** In whose name messages are sent. */
export async function senderOf({ db, hubOrigin }: Bindings): Promise<Sender> {
  const row = await db.prepare("SELECT name FROM networks LIMIT 1").first<{ name: string }>();
  return { network: row?.name ?? "rustronaut", hubOrigin };
}
