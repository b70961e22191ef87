import { and, asc, eq, gt } from "drizzle-orm";
import type { Body } from "../../../shared/api/endpoints.ts";
import type { AuditEntry } from "../../../shared/audit/types.ts";
import { isId } from "../../../shared/base/ids.ts";
import { BATCH_CHARACTERS, BATCH_ENTRIES, STOPPED_AFTER } from "../../../shared/logs/batch.ts";
import { type Delivery, newDelivery } from "../../../shared/notifications/delivery.ts";
import { newWebhookSecret } from "../../../shared/notifications/webhook.ts";
import { logDestinations } from "../../../shared/registry/log-schema.ts";
import {
  authorizationContext,
  keyContext,
  type LogDestinationRow,
  logDeliveriesOf,
  logDeliveryOf,
} from "../../logs/destinations.ts";
import { refusedUrl } from "../../notifications/address.ts";
import type { Bindings } from "../../platform/env.ts";
import { auditObject } from "../../platform/objects.ts";
import { freshId, randomBytes } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { seal } from "../../platform/secrets.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Effects, Handlers } from "../call.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { holdsWords } from "../search.ts";

type Kinds = ("decision" | "admin" | "login" | "session" | "system")[];

const view = (row: LogDestinationRow, delivery: Delivery) => {
  const { secretSealed: _, authorizationSealed, kinds, ...shown } = row;
  const { doneUntil, lastSuccessAt, lastFailureAt, lastFailure, failures } = delivery;
  return {
    ...shown,
    kinds: JSON.parse(kinds) as Kinds,
    hasAuthorization: authorizationSealed !== null,
    state: stateOf(delivery),
    sentUntil: doneUntil,
    ...{ lastSuccessAt, lastFailureAt, lastFailure, failures },
  };
};

function stateOf({ failures, lastSuccessAt }: Delivery) {
  if (failures >= STOPPED_AFTER) return "stopped" as const;
  if (failures > 0) return "failing" as const;
  return lastSuccessAt === null ? ("waiting" as const) : ("good" as const);
}

const viewOne = async ({ db }: Bindings, row: LogDestinationRow) =>
  view(row, await logDeliveryOf(db, row.id));

/** A destination by id or name. */
async function findLogDestination(d1: D1Database, reference: string): Promise<LogDestinationRow> {
  const key = isId("logDestination", reference)
    ? eq(logDestinations.id, reference)
    : eq(logDestinations.name, reference);
  const [row] = await registryOf(d1).select().from(logDestinations).where(key).limit(1);
  return row ?? missing(d1, "log destination", reference);
}

const effects = (action: string, row: LogDestinationRow, fields?: readonly string[]): Effects => ({
  event: {
    action: `log_destination.${action}`,
    target: row.id,
    // A path or a query may hold a secret.
    detail: { name: row.name, url: new URL(row.url).origin, ...(fields ? { fields } : {}) },
  },
  policies: false,
  userIds: [],
  ends: [],
});

/** The changed row. Refuses a URL to which nothing may be sent. */
export async function changeLogDestination(
  bindings: Bindings,
  before: LogDestinationRow,
  { name, url, authorization, kinds, enabled }: Body<"logDestinations.update">,
  now: number,
): Promise<LogDestinationRow> {
  const refused = url === undefined ? null : refusedUrl(bindings, url);
  if (refused !== null)
    throwRefusal("invalid_input", `The URL is refused. ${refused}`, {
      issues: [{ path: "/url", message: refused }],
    });
  const isElsewhere =
    url !== undefined && URL.canParse(before.url) && new URL(url).origin !== new URL(before.url).origin;
  // A credential for one receiver is not shown to another one.
  const kept = isElsewhere ? null : before.authorizationSealed;
  return {
    ...before,
    name: name ?? before.name,
    url: url === undefined ? before.url : new URL(url).href,
    authorizationSealed:
      authorization === undefined
        ? kept
        : authorization && (await seal(bindings, authorization, authorizationContext(before.id))),
    kinds: kinds ? JSON.stringify([...new Set(kinds)]) : before.kinds,
    enabled: enabled ?? before.enabled,
    version: before.version + 1,
    updatedAt: now,
  };
}

async function withNewKey(bindings: Bindings, row: LogDestinationRow) {
  const secret = newWebhookSecret(randomBytes);
  return { row: { ...row, secretSealed: await seal(bindings, secret, keyContext(row.id)) }, secret };
}

/** The newest entry before a time, or of now: what comes after it is sent. -1 if there is none. */
async function leafBefore(bindings: Bindings, startAt: number | undefined): Promise<number> {
  const until = startAt === undefined ? {} : { until: startAt };
  const { rows } = await auditObject(bindings).query({ limit: 1, ...until });
  return rows[0]?.leaf ?? -1;
}

export const storeLogDestination = (d1: D1Database, row: LogDestinationRow): D1PreparedStatement[] => [
  prepared(d1, registryOf(d1).update(logDestinations).set(row).where(eq(logDestinations.id, row.id))),
  // After a destination was corrected, the next try need not wait.
  d1
    .prepare("UPDATE log_deliveries SET not_before = 0 WHERE destination_id = ? AND failures > 0")
    .bind(row.id),
];

/** A new destination and the key that only this call knows. It gets what comes after the entry `begin`. */
export async function newLogDestination(
  bindings: Bindings,
  { format, startAt, ...input }: Body<"logDestinations.create">,
  now: number,
) {
  const id = freshId("logDestination");
  const times = { version: 0, createdAt: now, updatedAt: now };
  const blank = { id, name: "", format, url: "", secretSealed: "", authorizationSealed: null, kinds: "[]" };
  const filled = await changeLogDestination(bindings, { ...blank, enabled: true, ...times }, input, now);
  const { row, secret } = await withNewKey(bindings, filled);
  const begin = await leafBefore(bindings, startAt);
  const statements = [
    prepared(bindings.db, registryOf(bindings.db).insert(logDestinations).values(row)),
    bindings.db
      .prepare("INSERT INTO log_deliveries (destination_id, done_until) VALUES (?, ?)")
      .bind(id, begin),
  ];
  return { statements, row, begin, secret };
}

export const removeLogDestination = (d1: D1Database, id: string): D1PreparedStatement =>
  d1.prepare("DELETE FROM log_destinations WHERE id = ?").bind(id);

export const LOG_HANDLERS: Handlers<
  | "logs.read"
  | "logDestinations.list"
  | "logDestinations.create"
  | "logDestinations.get"
  | "logDestinations.update"
  | "logDestinations.rotate"
  | "logDestinations.delete"
> = {
  "logs.read": async ({ bindings, query }) => {
    const { after = -1, limit = BATCH_ENTRIES } = query;
    const kinds = (query.kinds?.split(",") ?? []) as AuditEntry["kind"][];
    const bounds = { entries: limit, characters: BATCH_CHARACTERS };
    const { rows, until } = await auditObject(bindings).slice({ after, until: null, kinds, ...bounds });
    const items = rows.map(({ leaf, text }) => ({ leaf, entry: { ...(JSON.parse(text) as AuditEntry) } }));
    return { body: { items, after: items.at(-1)?.leaf ?? Math.max(after, until) } };
  },

  "logDestinations.list": async ({ bindings, query }) => {
    const { id, name, url } = logDestinations;
    const page = await pageOf(
      query,
      (after, limit) =>
        registryOf(bindings.db)
          .select()
          .from(logDestinations)
          .where(and(gt(id, after ?? ""), holdsWords(query.search, id, name, url)))
          .orderBy(asc(id))
          .limit(limit),
      (row) => row.id,
    );
    const deliveries = await logDeliveriesOf(
      bindings.db,
      page.items.map((row) => row.id),
    );
    return {
      body: { ...page, items: page.items.map((row) => view(row, deliveries.get(row.id) ?? newDelivery(-1))) },
    };
  },

  "logDestinations.create": async ({ bindings, body, now }) => {
    const { statements, row, begin, secret } = await newLogDestination(bindings, body, now);
    return {
      statements,
      effects: effects("create", row),
      body: { destination: view(row, newDelivery(begin)), secret },
      version: row.version,
    };
  },

  "logDestinations.get": async ({ bindings, params }) => {
    const row = await findLogDestination(bindings.db, params.logDestination);
    return { body: await viewOne(bindings, row), version: row.version };
  },

  "logDestinations.update": async ({ bindings, params, body, ifMatch, now }) => {
    const before = await findLogDestination(bindings.db, params.logDestination);
    const after = await changeLogDestination(bindings, before, body, now);
    return {
      statements: [
        unchanged(bindings.db, "log_destinations", before, ifMatch),
        ...storeLogDestination(bindings.db, after),
      ],
      effects: effects("update", after, Object.keys(body)),
      body: await viewOne(bindings, after),
      version: after.version,
    };
  },

  "logDestinations.rotate": async ({ bindings, params, ifMatch, now }) => {
    const before = await findLogDestination(bindings.db, params.logDestination);
    const { row, secret } = await withNewKey(bindings, await changeLogDestination(bindings, before, {}, now));
    return {
      statements: [
        unchanged(bindings.db, "log_destinations", before, ifMatch),
        ...storeLogDestination(bindings.db, row),
      ],
      effects: effects("rotate", row),
      body: { destination: await viewOne(bindings, row), secret },
      version: row.version,
    };
  },

  "logDestinations.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findLogDestination(bindings.db, params.logDestination);
    return {
      statements: [
        unchanged(bindings.db, "log_destinations", row, ifMatch),
        removeLogDestination(bindings.db, row.id),
      ],
      effects: effects("delete", row),
      body: null,
    };
  },
};
