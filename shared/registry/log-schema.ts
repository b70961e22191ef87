import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { LOG_FORMATS } from "./log-formats.ts";

/** Where the audit log is sent, entry by entry: see `docs/logs.md`. */

export const logDestinations = sqliteTable("log_destinations", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  format: text("format", { enum: LOG_FORMATS }).notNull(),
  url: text("url").notNull(),
  /** The key that signs each batch, encrypted with AES-GCM under SECRET_KEY. */
  secretSealed: text("secret_sealed").notNull(),
  /** The value of the header `Authorization`, encrypted in the same way. Null if none is sent. */
  authorizationSealed: text("authorization_sealed"),
  /** JSON list of kinds of entries. With `[]`, all kinds are sent. */
  kinds: text("kinds").notNull().default("[]"),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  version: integer("version").notNull().default(1),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** How far each destination has the log: `Delivery` of `shared/notifications/delivery.ts`, in leaf numbers. */
export const logDeliveries = sqliteTable("log_deliveries", {
  destinationId: text("destination_id")
    .primaryKey()
    .references(() => logDestinations.id, { onDelete: "cascade" }),
  doneUntil: integer("done_until").notNull(),
  sendingUntil: integer("sending_until"),
  sendingSince: integer("sending_since"),
  notBefore: integer("not_before").notNull().default(0),
  failures: integer("failures").notNull().default(0),
  failingSince: integer("failing_since"),
  lastSuccessAt: integer("last_success_at"),
  lastFailureAt: integer("last_failure_at"),
  lastFailure: text("last_failure"),
});
