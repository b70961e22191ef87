import { and, asc, eq, gt } from "drizzle-orm";
import { normalEmail } from "../../../shared/access/login/email.ts";
import { isId } from "../../../shared/base/ids.ts";
import { type Delivery, newDelivery } from "../../../shared/notifications/delivery.ts";
import { canonicalTarget, shownTarget } from "../../../shared/notifications/target.ts";
import { TOPIC_NAMES } from "../../../shared/notifications/topics.ts";
import { newWebhookSecret } from "../../../shared/notifications/webhook.ts";
import type { DestinationKind } from "../../../shared/registry/destination-kinds.ts";
import { notificationDestinations } from "../../../shared/registry/notification-schema.ts";
import { refusedUrl } from "../../notifications/address.ts";
import { senderOf } from "../../notifications/deliver.ts";
import {
  type DestinationRow,
  deliveriesOf,
  deliveryOf,
  insertDelivery,
  sealContext,
} from "../../notifications/destinations.ts";
import { NotSent } from "../../notifications/post.ts";
import { send } from "../../notifications/send.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId, randomBytes } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { seal } from "../../platform/secrets.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Effects, Handlers } from "../call.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { holdsWords } from "../search.ts";

const view = (row: DestinationRow, delivery: Delivery) => {
  const { secretSealed: _, addressSealed: __, previousSealed: ___, events, target, ...shown } = row;
  const { lastSuccessAt, lastFailureAt, lastFailure, failures } = delivery;
  return {
    ...shown,
    // A row of an earlier release has the whole URL until the next minute.
    target: shownTarget(target),
    events: JSON.parse(events) as string[],
    lastSuccessAt,
    lastFailureAt,
    lastFailure,
    failures,
  };
};

const viewOne = async ({ db }: Bindings, row: DestinationRow) => view(row, await deliveryOf(db, row.id));

/** A destination by id or name. */
export async function findDestination(d1: D1Database, reference: string): Promise<DestinationRow> {
  const key = isId("notificationDestination", reference)
    ? eq(notificationDestinations.id, reference)
    : eq(notificationDestinations.name, reference);
  const [row] = await registryOf(d1).select().from(notificationDestinations).where(key).limit(1);
  return row ?? missing(d1, "notification destination", reference);
}

export const destinationEffects = (
  action: string,
  row: DestinationRow,
  fields?: readonly string[],
): Effects => ({
  event: {
    action: `notification_destination.${action}`,
    target: row.id,
    detail: { name: row.name, kind: row.kind, ...(fields ? { fields } : {}) },
  },
  policies: false,
  userIds: [],
  ends: [],
});

/** Sends a message while an administrator waits. */
export const sendNow = (...given: Parameters<typeof send>): Promise<void> =>
  send(...given).catch((error: unknown) => {
    if (error instanceof NotSent) throwRefusal("notification_not_sent", error.message);
    throw error;
  });

const refuseTarget = (why: string): never =>
  throwRefusal("invalid_input", `The target is refused. ${why}`, {
    issues: [{ path: "/target", message: why }],
  });

/**
 * What is stored of a target. Of a URL only the origin is visible, because anybody with the whole URL may be able to
 * post there.
 */
async function storedTarget(
  bindings: Bindings,
  before: Pick<DestinationRow, "id" | "kind" | "target" | "addressSealed">,
  target: string,
): Promise<Pick<DestinationRow, "target" | "addressSealed">> {
  const { kind, addressSealed } = before;
  if (kind === "email")
    return { target: normalEmail(target) ?? refuseTarget("It must be an e-mail address."), addressSealed };
  const refused = refusedUrl(bindings, target);
  if (refused !== null) refuseTarget(refused);
  const { origin, href } = new URL(target);
  const isOrigin = canonicalTarget(kind, target) === origin;
  // A document and a list contain only the origin. If it is the same, the known address stays.
  if (isOrigin && before.target === origin && !(kind === "webhook" && target === href))
    return { target: origin, addressSealed };
  // Nobody can post to Slack with the origin alone. A webhook may be there.
  if (isOrigin && kind === "slack") return { target: origin, addressSealed: null };
  return { target: origin, addressSealed: await seal(bindings, href, sealContext(before)) };
}

interface DestinationInput {
  readonly name?: string | undefined;
  readonly target?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
}

export const blankDestination = (kind: DestinationKind, now: number): DestinationRow => ({
  id: freshId("notificationDestination"),
  name: "",
  kind,
  target: "",
  addressSealed: null,
  secretSealed: null,
  previousSealed: null,
  previousUntil: null,
  events: JSON.stringify(TOPIC_NAMES),
  enabled: true,
  version: 0,
  createdAt: now,
  updatedAt: now,
});

/** The changed row. Refuses a target to which nothing may be sent. */
export async function changeDestination(
  bindings: Bindings,
  before: DestinationRow,
  { name, target, events, enabled }: DestinationInput,
  now: number,
): Promise<DestinationRow> {
  return {
    ...before,
    ...(target === undefined ? {} : await storedTarget(bindings, before, target)),
    name: name ?? before.name,
    events: events ? JSON.stringify([...new Set(events)]) : before.events,
    enabled: enabled ?? before.enabled,
    version: before.version + 1,
    updatedAt: now,
  };
}

/** A new row. For a webhook it comes with a secret, which is stored encrypted and shown only once. */
export async function newDestination(
  bindings: Bindings,
  input: DestinationInput & { readonly kind: DestinationKind },
  now: number,
): Promise<{ readonly row: DestinationRow; readonly secret: string | null }> {
  const row = await changeDestination(bindings, blankDestination(input.kind, now), input, now);
  return input.kind === "webhook" ? withSecret(bindings, row) : { row, secret: null };
}

async function withSecret(bindings: Bindings, row: DestinationRow) {
  const secret = newWebhookSecret(randomBytes);
  return { row: { ...row, secretSealed: await seal(bindings, secret, sealContext(row)) }, secret };
}

/** Until when the secret before signs, too. With no time for that, it signs nothing more. */
const withPrevious = (
  row: DestinationRow,
  secretSealed: string | null,
  graceSeconds: number,
  now: number,
) => ({
  ...row,
  previousSealed: graceSeconds > 0 ? secretSealed : null,
  previousUntil: graceSeconds > 0 ? now + graceSeconds * 1_000 : null,
});

export const insertDestination = (d1: D1Database, row: DestinationRow): D1PreparedStatement[] => [
  prepared(d1, registryOf(d1).insert(notificationDestinations).values(row)),
  insertDelivery(d1, row.id),
];

export const storeDestination = (d1: D1Database, row: DestinationRow): D1PreparedStatement[] => [
  prepared(
    d1,
    registryOf(d1).update(notificationDestinations).set(row).where(eq(notificationDestinations.id, row.id)),
  ),
  // After a destination was corrected or switched on again, the next try need not wait, and it has its whole time anew.
  d1
    .prepare(
      `UPDATE notification_deliveries SET not_before = 0, sending_since = NULL, failing_since = NULL
       WHERE destination_id = ? AND failures > 0`,
    )
    .bind(row.id),
];

export const removeDestination = (d1: D1Database, id: string): D1PreparedStatement =>
  d1.prepare("DELETE FROM notification_destinations WHERE id = ?").bind(id);

export const NOTIFICATION_HANDLERS: Handlers<
  | "notifications.list"
  | "notifications.create"
  | "notifications.get"
  | "notifications.update"
  | "notifications.rotate"
  | "notifications.test"
  | "notifications.delete"
> = {
  "notifications.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      (after, limit) =>
        registryOf(bindings.db)
          .select()
          .from(notificationDestinations)
          .where(
            and(
              gt(notificationDestinations.id, after ?? ""),
              holdsWords(
                query.search,
                notificationDestinations.id,
                notificationDestinations.name,
                notificationDestinations.kind,
              ),
            ),
          )
          .orderBy(asc(notificationDestinations.id))
          .limit(limit),
      (row) => row.id,
    );
    const ids = page.items.map(({ id }) => id);
    const deliveries = await deliveriesOf(bindings.db, ids);
    const items = page.items.map((row) => view(row, deliveries.get(row.id) ?? newDelivery(0)));
    return { body: { ...page, items } };
  },

  "notifications.create": async ({ bindings, body, now }) => {
    const { row, secret } = await newDestination(bindings, body, now);
    return {
      statements: insertDestination(bindings.db, row),
      effects: destinationEffects("create", row),
      body: { destination: view(row, newDelivery(0)), secret },
      version: row.version,
    };
  },

  "notifications.get": async ({ bindings, params }) => {
    const row = await findDestination(bindings.db, params.destination);
    return { body: await viewOne(bindings, row), version: row.version };
  },

  "notifications.update": async ({ bindings, params, body, ifMatch, now }) => {
    const before = await findDestination(bindings.db, params.destination);
    const after = await changeDestination(bindings, before, body, now);
    return {
      statements: [
        unchanged(bindings.db, "notification_destinations", before, ifMatch),
        ...storeDestination(bindings.db, after),
      ],
      effects: destinationEffects("update", after, Object.keys(body)),
      body: await viewOne(bindings, after),
      version: after.version,
    };
  },

  "notifications.rotate": async ({ bindings, params, body, ifMatch, now }) => {
    const before = await findDestination(bindings.db, params.destination);
    if (before.kind !== "webhook")
      throwRefusal("conflict", "Only a webhook has a secret of ours. Of Slack, change the target.");
    const changed = await changeDestination(bindings, before, {}, now);
    const kept = withPrevious(changed, before.secretSealed, body.graceSeconds, now);
    const { row, secret } = await withSecret(bindings, kept);
    return {
      statements: [
        unchanged(bindings.db, "notification_destinations", before, ifMatch),
        ...storeDestination(bindings.db, row),
      ],
      effects: destinationEffects("rotate", row),
      body: { destination: await viewOne(bindings, row), secret },
      version: row.version,
    };
  },

  "notifications.test": async ({ bindings, params, caller, now }) => {
    const row = await findDestination(bindings.db, params.destination);
    const by = caller.user?.email ?? "an API token";
    const notice = { id: 0, event: "test", at: now, subject: `Sent by ${by}`, page: "notifications" };
    const group = { event: "test", headline: "This is a test", page: "notifications", notices: [notice] };
    const message = { id: `msg_${row.id}_test_${now}`, groups: [group], sender: await senderOf(bindings) };
    await sendNow(bindings, row, message);
    return { body: null };
  },

  "notifications.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findDestination(bindings.db, params.destination);
    return {
      statements: [
        unchanged(bindings.db, "notification_destinations", row, ifMatch),
        removeDestination(bindings.db, row.id),
      ],
      effects: destinationEffects("delete", row),
      body: null,
    };
  },
};
