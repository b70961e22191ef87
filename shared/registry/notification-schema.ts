import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { DESTINATION_KINDS } from "./destination-kinds.ts";

/** Which destinations are told which events, and which events wait to be told: see `docs/notifications.md`. */

export const notificationDestinations = sqliteTable("notification_destinations", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  kind: text("kind", { enum: DESTINATION_KINDS }).notNull(),
  /** An e-mail address, or the origin of a URL: whoever knows the whole URL may be able to post there. */
  target: text("target").notNull(),
  /** The whole URL of a webhook or of Slack, encrypted with AES-GCM under SECRET_KEY. Null if it is not known. */
  addressSealed: text("address_sealed"),
  /** The key that signs a webhook's messages, encrypted in the same way. Null for every other kind. */
  secretSealed: text("secret_sealed"),
  /** The key before the last rotation. It signs beside the new one until `previousUntil`. */
  previousSealed: text("previous_sealed"),
  previousUntil: integer("previous_until"),
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
  /** When the message under way was first tried. */
  sendingSince: integer("sending_since"),
  notBefore: integer("not_before").notNull().default(0),
  failures: integer("failures").notNull().default(0),
  /** The first failure since something was last taken. */
  failingSince: integer("failing_since"),
  lastSuccessAt: integer("last_success_at"),
  lastFailureAt: integer("last_failure_at"),
  lastFailure: text("last_failure"),
});

/** Messages that were given up, until somebody sends them again or drops them. */
export const deadLetters = sqliteTable("dead_letters", {
  id: text("id").primaryKey(),
  destinationId: text("destination_id")
    .notNull()
    .references(() => notificationDestinations.id, { onDelete: "cascade" }),
  /** The message's own id, the same at each try. */
  messageId: text("message_id").notNull(),
  /** JSON: what it says, as `Group[]` of `shared/notifications/notice.ts`. */
  groups: text("groups").notNull(),
  firstTriedAt: integer("first_tried_at").notNull(),
  givenUpAt: integer("given_up_at").notNull(),
  /** Why the last try failed, in words. */
  why: text("why").notNull(),
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
