import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What the hub keeps of its own calls. A backup holds none of it. */

/** An index to find administrative and session events without reading the whole audit log. */
export const auditIndex = sqliteTable(
  "audit_index",
  {
    /** The leaf number in the Merkle log. */
    leaf: integer("leaf").primaryKey(),
    at: integer("at").notNull(),
    kind: text("kind").notNull(),
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    target: text("target").notNull(),
  },
  (t) => [index("audit_actor").on(t.actor, t.leaf), index("audit_target").on(t.target, t.leaf)],
);

/** Answers to writes, by idempotency key. They are kept for 24 hours. */
export const idempotencyKeys = sqliteTable(
  "idempotency_keys",
  {
    /** The hash of the caller and the key. */
    key: text("key").primaryKey(),
    requestHash: text("request_hash").notNull(),
    status: integer("status").notNull(),
    body: text("body").notNull(),
    etag: text("etag"),
    createdAt: integer("created_at").notNull().default(sql`0`),
  },
  (t) => [index("idempotency_created").on(t.createdAt)],
);
