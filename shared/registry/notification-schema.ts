import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { DESTINATION_KINDS } from "./destination-kinds.ts";

/** Which destinations are told which events, and which events wait to be told: see `docs/notifications.md`. */

export const notificationDestinations = sqliteTable("notification_destinations", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  kind: text("kind", { enum: DESTINATION_KINDS }).notNull(),
  /** An address or a URL. For Slack only the origin of the URL, because the whole URL is the secret. */
  target: text("target").notNull(),
  /**
   * Encrypted with AES-GCM under SECRET_KEY: the key that signs a webhook's messages, or the URL of a Slack
   * webhook. Null if there is no secret.
   */
  secretSealed: text("secret_sealed"),
  /** JSON list: topics, and actions of the audit log. */
  events: text("events").notNull(),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  version: integer("version").notNull().default(1),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** Which events each destination has already been told: `Delivery` of `shared/notifications/delivery.ts`. */
export const notificationDeliveries = sqliteTable("notification_deliveries", {
  destinationId: text("destination_id")
    .primaryKey()
    .references(() => notificationDestinations.id, { onDelete: "cascade" }),
  doneUntil: integer("done_until").notNull(),
  sendingUntil: integer("sending_until"),
  notBefore: integer("not_before").notNull().default(0),
  failures: integer("failures").notNull().default(0),
  lastSuccessAt: integer("last_success_at"),
  lastFailureAt: integer("last_failure_at"),
  lastFailure: text("last_failure"),
});

/** The notices to tell. For each key there is only one notice. */
export const notices = sqliteTable("notices", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  key: text("key").notNull().unique(),
  event: text("event").notNull(),
  at: integer("at").notNull(),
  subject: text("subject").notNull(),
  page: text("page").notNull(),
  keptAt: integer("kept_at").notNull(),
});

/** Exactly one row: the positions up to which the audit log's index and the history were read. */
export const notificationCursors = sqliteTable("notification_cursors", {
  one: integer("one").primaryKey().default(1),
  leaf: integer("leaf").notNull(),
  history: integer("history").notNull(),
});
