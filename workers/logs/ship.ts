import { asc, eq } from "drizzle-orm";
import type { AuditEntry, AuditRow, AuditSlice } from "../../shared/audit/types.ts";
import { settleAll } from "../../shared/base/async/pool.ts";
import { BATCH_CHARACTERS, BATCH_ENTRIES, batchBody, batchIdOf } from "../../shared/logs/batch.ts";
import { applyDelivery, type Delivery } from "../../shared/notifications/delivery.ts";
import { webhookHeaders } from "../../shared/notifications/webhook.ts";
import { logDestinations } from "../../shared/registry/log-schema.ts";
import { NotSent, post } from "../notifications/post.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { auditObject } from "../platform/objects.ts";
import { unseal } from "../platform/secrets.ts";
import { registryOf } from "../registry/database.ts";
import {
  authorizationContext,
  keyContext,
  type LogDestinationRow,
  logDeliveryOf,
  storeLogDelivery,
} from "./destinations.ts";

/** Destinations that get batches at the same time; the platform opens at most six connections. */
const WIDTH = 4;
/** The most batches that one destination gets in one round, and for how long (milliseconds) a round begins new ones. */
const MOST_BATCHES = 100;
const ROUND_MS = 40_000;

/** Each minute: sends each destination what it does not have of the log. One that fails, or is slow, holds up no other. */
export async function shipLogs(bindings: Bindings, now: () => number): Promise<void> {
  const rows = await registryOf(bindings.db)
    .select()
    .from(logDestinations)
    .where(eq(logDestinations.enabled, true))
    .orderBy(asc(logDestinations.id));
  const end = now() + ROUND_MS;
  await settleAll(rows, WIDTH, async (row) => {
    try {
      for (let sent = 0; sent < MOST_BATCHES && now() < end; sent++) {
        if (!(await shipBatch(bindings, row, now))) return;
      }
    } catch (error) {
      logError("log_not_shipped", error, { destination: row.id });
    }
  });
}

/**
 * Sends the next batch. The cursor moves only when the destination has confirmed the batch; a batch that failed is sent
 * again with the same entries under the same id.
 * @returns whether more may be sent at once.
 */
async function shipBatch(bindings: Bindings, row: LogDestinationRow, now: () => number): Promise<boolean> {
  const { db } = bindings;
  const delivery = await logDeliveryOf(db, row.id);
  const move = async (before: Delivery, event: Parameters<typeof applyDelivery>[1]) => {
    const after = applyDelivery(before, event, 0);
    return (await storeLogDelivery(db, row.id, before, after)) ? after : null;
  };
  if (now() < delivery.notBefore) return false;
  const slice = await nextSlice(bindings, row, delivery);
  const last = slice.rows.at(-1)?.leaf;
  if (last === undefined) {
    if (slice.until > delivery.doneUntil) await move(delivery, { type: "skipped", until: slice.until });
    return false;
  }
  const begun = await move(delivery, { type: "begun", until: last, at: now() });
  // Another round is at it.
  if (begun === null) return false;
  try {
    await send(bindings, row, batchIdOf(row.id, delivery.doneUntil, last), slice, now());
  } catch (error) {
    if (!(error instanceof NotSent)) logError("log_not_sent", error, { destination: row.id });
    const why = error instanceof NotSent ? error.message : "Something went wrong on our side.";
    await move(begun, { type: "failed", at: now(), why });
    return false;
  }
  return (await move(begun, { type: "delivered", at: now() })) !== null;
}

/** What comes next; again the same if a batch is under way. */
const nextSlice = (
  bindings: Bindings,
  { kinds }: LogDestinationRow,
  { doneUntil, sendingUntil }: Delivery,
): Promise<AuditSlice> =>
  auditObject(bindings).slice({
    after: doneUntil,
    until: sendingUntil,
    kinds: JSON.parse(kinds) as AuditEntry["kind"][],
    entries: BATCH_ENTRIES,
    characters: BATCH_CHARACTERS,
  });

async function send(
  bindings: Bindings,
  row: LogDestinationRow,
  id: string,
  { rows }: AuditSlice,
  now: number,
): Promise<void> {
  const { body, type } = batchBody(row.format, rows.map(parsed), await networkName(bindings.db), now);
  const key = await unseal(bindings, row.secretSealed, keyContext(row.id));
  const authorization =
    row.authorizationSealed === null
      ? {}
      : { Authorization: await unseal(bindings, row.authorizationSealed, authorizationContext(row.id)) };
  await post(bindings, row.url, body, {
    "Content-Type": type,
    ...webhookHeaders([key], id, now, body),
    ...authorization,
  });
}

const parsed = ({ leaf, text }: AuditSlice["rows"][number]): AuditRow => ({
  leaf,
  entry: JSON.parse(text) as AuditEntry,
});

const networkName = async (d1: D1Database): Promise<string> =>
  (await d1.prepare("SELECT name FROM networks LIMIT 1").first<{ name: string }>())?.name ?? "rustronaut";
